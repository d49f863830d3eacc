"""TextWorld's games as Gymnasium environments."""

from __future__ import annotations

import dataclasses
from typing import Any

from rewardsmith.envs.text.base import Reply, TextGame
from rewardsmith.errors import ContractError, require

from .commands import clean, normalise, playable, refused
from .games import compiled_game, quiet_interpreter
from .schema import SCHEMA, features_of
from .settings import (
    CoinSettings,
    CookingSettings,
    CustomSettings,
    GameSettings,
    TreasureSettings,
)

#: what is asked of TextWorld after every command
_INFOS = (
    *("feedback", "description", "inventory", "admissible_commands", "policy_commands"),
    *("intermediate_reward", "score", "moves", "max_score", "won", "lost", "objective"),
)
#: games of one split that `reset` draws from if `n_tasks` does not say: each takes seconds to make
FEW = 20


class TextWorldEnv(TextGame):
    """A TextWorld game: rooms and things, told in words and changed by commands.

    The reward is the change of the score, less `invalid_cost` for a line that is no command.
    The game of task k is generated from `settings` with the task's seed when it is first played
    (2 to 12 seconds), and kept on disk for later runs.

    Args:
        settings: the kind of game and its difficulty; its seed is replaced by the task's.
        n_tasks: games of the split that `reset` draws from.
        more: as `TextGame`'s: split, actions, obs, hash_size, max_commands, invalid_cost.

    `info` has, beside what `TextGame` gives, `policy_commands`: a winning continuation, empty
    where there is none.
    """

    feature_schema = SCHEMA
    uncopyable = "the game's interpreter is a C library that cannot be copied"
    instructions = (
        "You play a text adventure: rooms with doors, furniture and things. Reply with one command "
        "a turn, such as `go north`, `take key from table`, `open door`, `unlock box with key`, "
        "`examine cookbook`, `inventory` or `look`. The first text names your goal."
    )

    def __init__(self, settings: GameSettings, *, n_tasks: int = FEW, **more: Any) -> None:
        super().__init__(n_tasks=n_tasks, **more)
        self._settings = settings
        self._game: Any = None
        self._loaded: int | None = None
        self._state: Any = None
        self._quest_length = self._steps_left = 1

    def close(self) -> None:
        """Close the interpreter."""
        if self._game is not None:
            self._game.close()
        self._game = self._loaded = self._state = None
        self._over = True

    def __deepcopy__(self, memo: dict[int, Any]) -> TextWorldEnv:
        raise ContractError(
            f"A copy of {type(self).__name__} must continue from the same state, but "
            f"{self.uncopyable}. Make a second env and replay the seed and actions instead."
        )

    def expert_line(self) -> str:
        """The first command of a winning continuation; `look` if there is none."""
        policy = self._state.policy_commands
        return str(policy[0]) if policy else "look"

    def _begin(self, task_seed: int) -> str:
        self._load(task_seed)
        self._state = self._game.reset()
        self._quest_length = max(len(self._state.policy_commands), 1)
        self._steps_left = self._quest_length
        return f"{self._state.objective}\n\n{clean(self._state.description)}"

    def _play(self, line: str) -> Reply:
        command = normalise(line)
        if not playable(command):
            return Reply("", understood=False)
        before = self._state.score
        self._state, _, _ = self._game.step(command)
        text = clean(self._state.feedback)
        reward, over = float(self._state.score - before), self._state.won or self._state.lost
        return Reply(text, reward, bool(over), understood=not refused(self._state.feedback))

    def _features(self) -> dict[str, Any]:
        if self._state.policy_commands or self._state.won:  # else none wins: keep the last
            self._steps_left = len(self._state.policy_commands)
        progress = int(self._state.intermediate_reward) if self._understood and self._turns else 0
        return {
            **features_of(self._state),
            "steps_left": self._steps_left,
            "quest_length": self._quest_length,
            "intermediate_reward": progress,
            "n_admissible": len(self.admissible_commands),
        }

    def _success(self) -> bool:
        return bool(self._state.won)

    def _caption(self) -> str:
        return f"{clean(self._state.description)}\n{clean(self._state.inventory)}"

    def _admissible(self) -> list[str]:
        return list(self._state.admissible_commands)

    def _info(self) -> dict[str, Any]:
        return {**super()._info(), "policy_commands": list(self._state.policy_commands)}

    def _load(self, task_seed: int) -> None:
        if task_seed == self._loaded:
            return
        self.close()
        self._over = False
        textworld = require("textworld", extra="text")
        path = compiled_game(dataclasses.replace(self._settings, seed=task_seed))
        with quiet_interpreter():
            infos = textworld.EnvInfos(**dict.fromkeys(_INFOS, True))
            self._game = textworld.start(str(path), infos)
        self._game.seed(1)  # the interpreter's own draws would otherwise follow the clock
        self._loaded = task_seed


def make_env(*, level: int = 5, objective: str = "brief", **more: Any) -> TextWorldEnv:
    """A coin collector; level and objective as `CoinSettings`, the rest as `TextWorldEnv`.

    Raises:
        MissingExtraError: if TextWorld is not installed.
        ConfigError: for a setting out of range.
    """
    return _built(CoinSettings(level=level, objective=objective), more)


def make_treasure(*, level: int = 5, objective: str = "brief", **more: Any) -> TextWorldEnv:
    """A treasure hunter; level and objective as `TreasureSettings`, the rest as `make_env`."""
    return _built(TreasureSettings(level=level, objective=objective), more)


def make_cooking(
    *,
    recipe: int = 1,
    take: int = 1,
    go: int = 1,
    opening: bool = False,
    cook: bool = False,
    cut: bool = False,
    drop: bool = False,
    **more: Any,
) -> TextWorldEnv:
    """A recipe to cook, of the split's own foods; as `CookingSettings`, the rest as `make_env`."""
    settings = CookingSettings(
        recipe=recipe,
        take=take,
        go=go,
        opening=opening,
        cook=cook,
        cut=cut,
        drop=drop,
        foods="test" if more.get("split") == "test" else "train",
    )
    return _built(settings, more)


def make_custom(
    *,
    world_size: int = 3,
    nb_objects: int = 5,
    quest_length: int = 3,
    quest_breadth: int = 1,
    objective: str = "brief",
    theme: str = "house",
    adjectives: bool = False,
    blended: bool = False,
    ambiguous: bool = False,
    **more: Any,
) -> TextWorldEnv:
    """A random quest in a random world; as `CustomSettings`, the rest as `make_env`."""
    settings = CustomSettings(
        world_size=world_size,
        nb_objects=nb_objects,
        quest_length=quest_length,
        quest_breadth=quest_breadth,
        objective=objective,
        theme=theme,
        adjectives=adjectives,
        blended=blended,
        ambiguous=ambiguous,
    )
    return _built(settings, more)


def _built(settings: GameSettings, more: dict[str, Any]) -> TextWorldEnv:
    require("textworld", extra="text")
    return TextWorldEnv(settings, **more)
