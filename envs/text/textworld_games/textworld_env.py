"""TextWorld's coin collector as a Gymnasium environment."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from rewardsmith.envs import text_space
from rewardsmith.envs.text.frame import frame
from rewardsmith.envs.text.hashing import state_vector
from rewardsmith.envs.text_space import at_least_one, one_of, printable
from rewardsmith.errors import ConfigError, ContractError, require

from .commands import clean, hint, normalise, playable, refused
from .games import CoinSettings, coin_game, quiet_interpreter
from .schema import SCHEMA, features_of


class TextWorldEnv(gym.Env[Any, Any]):
    """A TextWorld coin-collector game: walk through a chain of rooms, take the coin.

    The reward is the change of the score: 1 when the coin is taken, else 0.

    Args:
        level, seed, objective: see `CoinSettings`; game i is generated from `seed` + i.
        n_games: how many games `reset` draws from; `reset(options={"game": i})` chooses.
        actions: `text` takes a command (a str of at most 128 characters); `index` takes a
            position in `info["admissible_commands"]`, and other positions do nothing.
        obs: `text` gives what the game says; `hash` a float32 vector of `hash_size` zeros and
            ones, from the room, the inventory and the admissible commands.
        max_commands: number of indices; admissible commands beyond it cannot be chosen.

    `info` has `admissible_commands` (list of str), `policy_commands` (a winning continuation),
    `features`, `is_success`. A line that is not a command gets a hint, costs no move and
    changes nothing.
    """

    metadata = {"render_modes": ["ansi", "rgb_array"], "render_fps": 2}  # noqa: RUF012
    feature_schema = SCHEMA
    uncopyable = "the game's interpreter is a C library that cannot be copied"

    def __init__(
        self,
        *,
        level: int = 5,
        seed: int = 0,
        objective: str = "brief",
        n_games: int = 1,
        actions: str = "text",
        obs: str = "text",
        hash_size: int = 512,
        max_commands: int = 8,
        render_mode: str | None = None,
    ) -> None:
        one_of("actions", actions, ("text", "index"))
        one_of("obs", obs, ("text", "hash"))
        one_of("render_mode", render_mode, (None, "ansi", "rgb_array"))
        at_least_one(n_games=n_games, hash_size=hash_size, max_commands=max_commands)
        self._games = [CoinSettings(level, seed + i, objective) for i in range(n_games)]
        self._actions, self._obs, self._hash_size = actions, obs, hash_size
        self._max_commands, self.render_mode = max_commands, render_mode
        self.action_space = _action_space(actions, max_commands)
        self.observation_space = _observation_space(obs, hash_size)
        self._game: Any = None
        self._game_index: int | None = None
        self._state: Any = None
        self._text, self._understood = "", True
        self._quest_length = self._steps_left = 1

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start a game, drawn with `seed` or chosen by `options={"game": i}`."""
        super().reset(seed=seed)
        self._load(self._choose(options or {}))
        self._state = self._game.reset()
        self._quest_length = max(len(self._state.policy_commands), 1)
        self._steps_left, self._understood = self._quest_length, True
        self._text = printable(f"{self._state.objective}\n\n{clean(self._state.description)}")
        return self._observation(), self._info()

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Carry out a command (or the one at an index); the reward is the score's change."""
        if self._state is None or self._done():
            raise gym.error.ResetNeeded("The game is over or was never begun: call reset().")
        line, admissible = self._line(action), self.admissible_commands
        command = normalise(line)
        self._understood = playable(command)
        if not self._understood:
            self._text = printable(hint(line, admissible))
            return self._observation(), 0.0, False, False, self._info()
        before = self._state.score
        self._state, _, _ = self._game.step(command)
        self._understood = not refused(self._state.feedback)
        text = clean(self._state.feedback)
        self._text = printable(text if self._understood else f"{text}\n{hint(line, admissible)}")
        reward = float(self._state.score - before)
        return self._observation(), reward, self._done(), False, self._info()

    @property
    def admissible_commands(self) -> list[str]:
        """The commands that the game would carry out now, sorted."""
        return list(self._state.admissible_commands)

    def action_masks(self) -> NDArray[np.bool_]:
        """Which indices stand for a command now (as sb3-contrib's MaskablePPO asks)."""
        return np.arange(self._max_commands) < len(self._state.admissible_commands)

    def expert_action(self) -> Any:
        """The first command of a winning continuation, as an action of this env."""
        policy = self._state.policy_commands
        command = policy[0] if policy else "look"
        if self._actions == "text":
            return command
        return self.admissible_commands.index(command)

    def features(self) -> dict[str, Any]:
        """The value of every feature in the current state."""
        if self._state.policy_commands or self._state.won:  # else none wins: keep the last
            self._steps_left = len(self._state.policy_commands)
        return {
            **features_of(self._state),
            "steps_left": self._steps_left,
            "quest_length": self._quest_length,
            "understood": self._understood,
        }

    def render(self) -> Any:
        """The last text: a str in mode `ansi`, a picture (320, 480, 3) in mode `rgb_array`."""
        if self.render_mode == "rgb_array":
            return frame(self._text)
        return self._text if self.render_mode == "ansi" else None

    def close(self) -> None:
        """Close the interpreter."""
        if self._game is not None:
            self._game.close()
        self._game = self._game_index = self._state = None

    def __deepcopy__(self, memo: dict[int, Any]) -> TextWorldEnv:
        raise ContractError(
            f"A copy of {type(self).__name__} must continue from the same state, but "
            f"{self.uncopyable}. Make a second env and replay the seed and actions instead."
        )

    def _choose(self, options: dict[str, Any]) -> int:
        index = options.get("game")
        if index is None:
            return int(self.np_random.integers(len(self._games)))
        if not 0 <= index < len(self._games):
            raise ConfigError(
                f"options['game'] is one of 0..{len(self._games) - 1} (n_games={len(self._games)})."
                f" Received {index}."
            )
        return int(index)

    def _load(self, index: int) -> None:
        if index == self._game_index:
            return
        self.close()
        textworld = require("textworld", extra="text")
        wanted = "feedback description inventory admissible_commands policy_commands score moves"
        infos = dict.fromkeys([*wanted.split(), "max_score", "won", "lost", "objective"], True)
        path = coin_game(self._games[index])
        with quiet_interpreter():
            self._game = textworld.start(str(path), textworld.EnvInfos(**infos))
        self._game.seed(1)  # the interpreter's own draws would otherwise follow the clock
        self._game_index = index

    def _line(self, action: Any) -> str:
        if self._actions == "text":
            return str(action)
        commands, index = self.admissible_commands, int(action)
        return commands[index] if 0 <= index < len(commands) else f"#{index}"

    def _done(self) -> bool:
        return bool(self._state.won or self._state.lost)

    def _observation(self) -> Any:
        if self._obs == "text":
            return self._text
        texts = (self._state.description, self._state.inventory)
        commands = self.admissible_commands[: self._max_commands]
        return state_vector(texts, commands, self._hash_size)

    def _info(self) -> dict[str, Any]:
        return {
            "features": self.features(),
            "is_success": bool(self._state.won),
            "admissible_commands": self.admissible_commands,
            "policy_commands": list(self._state.policy_commands),
            "game": self._game_index,
        }


def make_env(render_mode: str | None = None, **kwargs: Any) -> TextWorldEnv:
    """Build the env; keywords as `TextWorldEnv`.

    Raises:
        MissingExtraError: if TextWorld is not installed.
        ConfigError: for a setting out of range.
    """
    require("textworld", extra="text")
    return TextWorldEnv(render_mode=render_mode, **kwargs)


def _action_space(actions: str, max_commands: int) -> spaces.Space[Any]:
    if actions == "index":
        return spaces.Discrete(max_commands)
    return text_space.command_space()


def _observation_space(obs: str, hash_size: int) -> spaces.Space[Any]:
    if obs == "hash":
        return spaces.Box(0.0, 1.0, (hash_size,), np.float32)
    return text_space.observation_space()
