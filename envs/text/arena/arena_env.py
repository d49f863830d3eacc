"""TextArena's games for one agent, alone or among random players."""

from __future__ import annotations

import contextlib
import copy
import importlib
import io
import random
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from rewardsmith.envs.text.base import COMMON, Reply, TextGame
from rewardsmith.envs.text_space import one_of
from rewardsmith.errors import ConfigError, require, unknown_name
from rewardsmith.features import Feature, FeatureSchema

from .experts import EXPERTS
from .games import like_a_move, players, why_not
from .moves import MOVES

_PATIENCE = 10**9  # invalid moves that a game forgives; ours are counted and priced here
_WRAPPED = ("-train", "-raw")  # the same games in other wrappings


class TextArenaEnv(TextGame):
    """A game of TextArena (Guertler et al. 2025, arXiv:2504.11442).

    The reward is the game's own, paid at its end: a share of the task in games for one, 1, 0 or
    -1 in games for two, something between for the places of games for more. The others make
    random legal moves; where a game lets them talk, they only greet, so that a game of promises
    or lies is here one of guessing what they do. A move that the rules
    forbid gets the game's reason and the cost of a line that is no move; it never loses the game,
    as it would in TextArena.

    Args:
        game: an id of TextArena, e.g. `FrozenLake-v0`, `TicTacToe-v0`; see `game_ids()`.
        settings: keywords of that game, over those of its id.
        seat: 0 to move first, 1 to move second, and so on; no matter in games for one.

    Raises:
        MissingExtraError: if TextArena is not installed.
        UnknownNameError: an unknown game.
        ConfigError: a game that needs a download, a paid service or a later Python; a seat that
            the game lacks; at `reset`, settings that the game cannot be made or set up with.
    """

    instructions: ClassVar[str] = (
        "You play a game. Its rules come first. Write your move in square brackets, in the form "
        "that the rules give, for example [3] or [up]; write only one move in a turn."
    )
    lists_commands = False
    max_line: ClassVar[int] = 1024
    max_text: ClassVar[int] = 16384
    feature_schema = FeatureSchema(
        [
            *COMMON,
            Feature("completion", "share of a game for one that is done", low=0, high=1),
            Feature("outcome", "the game's own reward, once it is over"),
            Feature("over", "the game is over", dtype="bool"),
            Feature("game_turns", "moves of all players", low=0, unit="turns", dtype="int"),
            Feature("invalid_moves", "forbidden moves so far", low=0, dtype="int"),
            Feature("game", "id of the game", dtype="text"),
            Feature("reason", "why the game ended", dtype="text"),
        ]
    )

    def __init__(
        self,
        *,
        game: str = "FrozenLake-v0",
        settings: Mapping[str, Any] | None = None,
        seat: int = 0,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self._name, self._settings = game, _keywords(settings)
        self._folder = _folder(game)
        self._players = players(self._folder)
        one_of("seat", seat, tuple(range(max(self._players, 2))))
        self._seat = seat if self._players > 1 else 0
        self._chance = random.Random(0).getstate()
        self._game: Any = None
        self._invalid, self._outcome, self._reason, self._ended = 0, 0.0, "", False
        self._scene = ""  # what the game told after the last move

    def _begin(self, task_seed: int) -> str:
        self._chance = random.Random(task_seed).getstate()
        self._invalid, self._outcome, self._reason, self._ended = 0, 0.0, "", False
        with self._playing():
            self._game = self._set_up(task_seed)
            self._game.state.error_allowance = _PATIENCE
            self._opponent()
        self._scene = self._told_to_player()
        return self._scene

    def _set_up(self, task_seed: int) -> Any:
        try:
            game = _made(self._name, self._settings)
            game.reset(num_players=self._players, seed=task_seed)
        except Exception as error:  # games check little: a value fails where it is first used
            if not self._settings:
                raise
            raise ConfigError(
                f"settings are keywords of {self._name!r} that it can be set up with. Received "
                f"{self._settings!r}: {type(error).__name__}: {error}. Choose values nearer to "
                f"those of its id, {dict(_registry()[self._name].kwargs)}."
            ) from error
        return game

    def _play(self, line: str) -> Reply:
        before = copy.deepcopy(self._game)
        with self._playing():
            try:
                valid = self._moved(line)
            except Exception as error:  # a game's parser that fails has not accepted the move
                self._game, valid = before, False
                self._game.state.error_count += 1
                self._reason = type(error).__name__
            else:
                self._opponent()
        self._invalid += not valid
        self._ended = bool(self._game.state.done)
        if self._ended:
            self._outcome = float((self._game.state.rewards or {}).get(self._seat, 0.0))
            self._reason = str(self._game.state.game_info[self._seat].get("reason") or "")
        told = self._told_to_player()
        self._scene = told if valid else self._scene
        text = f"{told}\n{self._reason}".strip()
        return Reply(text, self._outcome, terminated=self._ended, understood=valid)

    def _moved(self, line: str) -> bool:
        """Make the current player's move; False if the rules forbid it."""
        if not like_a_move(self._folder, line):
            return False
        errors = self._game.state.error_count
        self._game.step(line)
        return bool(self._game.state.error_count <= errors or self._game.state.done)

    def _opponent(self) -> None:
        """Let the others play, while it is their turn: a random one of their legal moves."""
        state = self._game.state
        while not state.done and state.current_player_id != self._seat:
            moves = MOVES[self._folder](self._game)
            random.shuffle(moves)
            if not any(self._moved(move) for move in moves):
                raise ConfigError(
                    f"The other player knows no legal move in {self._name!r} with these settings. "
                    "Use the settings of the game's own ids."
                )

    @contextlib.contextmanager
    def _playing(self) -> Iterator[None]:
        """TextArena draws from the global `random`, which is given back, and prints."""
        theirs = random.getstate()
        random.setstate(self._chance)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                yield
        finally:
            self._chance = random.getstate()
            random.setstate(theirs)

    def _told_to_player(self) -> str:
        told = self._game.state.observations[self._seat]
        self._game.state.observations = {p: [] for p in self._game.state.observations}
        self._game.state.logs.clear()  # would grow with every line, and each turn copies the game
        kept = [text for sender, text, _ in told if sender != self._seat]
        return "\n".join(str(text) for text in kept)

    def _success(self) -> bool:
        return self._ended and self._outcome >= (1.0 if self._players == 1 else 1e-9)

    def _features(self) -> dict[str, Any]:
        return {
            "completion": self._completion(),
            "outcome": self._outcome,
            "over": self._ended,
            "game_turns": int(self._game.state.turn),
            "invalid_moves": self._invalid,
            "game": self._name,
            "reason": self._shown(self._reason),
        }

    def _caption(self) -> str:
        made = f"{self._name}, {int(self._game.state.turn)} moves made."
        end = f" Over: {self._reason}" if self._ended else ""
        return f"{made}{end}\n{self._scene}"

    def _completion(self) -> float:
        if self._success():
            return 1.0
        for name in ("_get_percentage_completion", "_progress"):
            if hasattr(self._game, name):
                quiet = contextlib.redirect_stdout(io.StringIO())
                with quiet, contextlib.suppress(ArithmeticError, LookupError, TypeError):
                    return min(max(float(getattr(self._game, name)()), 0.0), 1.0)
        return 0.0

    def _hint(self, line: str) -> str:
        if not like_a_move(self._folder, line):
            return "Write [up], [down], [left] or [right]."
        return "Try another move, in square brackets."

    def expert_line(self) -> str:
        """The next move of a scripted player.

        Raises:
            ConfigError: a game that nobody wrote one for.
        """
        if self._folder not in EXPERTS:
            raise ConfigError(
                f"expert_line knows {', '.join(EXPERTS)}. Received {self._name!r}; choose one of "
                "these to learn from an expert, or learn without one. Where chance, hidden cards "
                "or talk decide, nobody can write a player that always wins."
            )
        return EXPERTS[self._folder](self._game)


def make_env(render_mode: str | None = None, **kwargs: Any) -> TextArenaEnv:
    """Build the env; keywords as `TextArenaEnv`."""
    require("textarena", extra="arena")
    return TextArenaEnv(render_mode=render_mode, **kwargs)


def game_ids() -> list[str]:
    """The ids of TextArena that `TextArenaEnv` plays."""
    return [i for i in _registry() if not i.endswith(_WRAPPED) and not why_not(_folder_of(i))]


def _registry() -> Any:
    return require("textarena.envs.registration", extra="arena").ENV_REGISTRY


def _folder_of(game: str) -> str:
    return str(_registry()[game].entry_point).split(".")[2]


def _folder(game: Any) -> str:
    known = game_ids()
    if not isinstance(game, str):
        raise ConfigError(
            f"game is an id of TextArena. Received {game!r}. Choose one of game_ids(), such as "
            f"{', '.join(known[:3])}."
        )
    if game in known:
        return _folder_of(game)
    if game in _registry():
        said = "is a wrapping for agents of TextArena's own; leave its ending out"
        if not game.endswith(_WRAPPED):
            said = why_not(_folder_of(game))
        raise ConfigError(
            "game is one that needs no download, no paid service and no later Python. Received "
            f"{game!r}, which {said}. Choose one of game_ids(), such as {', '.join(known[:3])}."
        )
    raise unknown_name("game of TextArena", game, known)


def _made(game: str, settings: Mapping[str, Any]) -> Any:
    spec = _registry()[game]
    module, _, name = str(spec.entry_point).partition(":")
    return getattr(importlib.import_module(module), name)(**{**spec.kwargs, **settings})


def _keywords(settings: Any) -> dict[str, Any]:
    if settings is not None and not isinstance(settings, Mapping):
        raise ConfigError(
            f"settings is a mapping of a game's keywords. Received {settings!r}. Write e.g. "
            "{'size': 5}."
        )
    return dict(settings or {})
