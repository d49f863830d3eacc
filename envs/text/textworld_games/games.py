"""TextWorld games, compiled once and kept in a cache folder.

Compiling takes 1.5 to 12 seconds a game, so that a game is made when it is first played and
then shared by every later run and process of the machine.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock

from rewardsmith.envs.text_space import one_of
from rewardsmith.errors import ConfigError, require

MAX_TRIES = 20
_RETRY_STRIDE = 1_000_003
OBJECTIVES = ("brief", "walkthrough")
T = TypeVar("T")


@dataclass(frozen=True)
class CoinSettings:
    """What determines one coin-collector game.

    Args:
        level: 1 to 300; the quest has (level - 1) % 100 + 1 commands, and above level 100 the
            map has dead ends beside the chain of rooms (at most 100 rooms in all).
        seed: of the game's generator, at least 0.
        objective: `brief` names the coin and its room, `walkthrough` spells out every command.
    """

    level: int = 5
    seed: int = 0
    objective: str = "brief"

    def __post_init__(self) -> None:
        if not 1 <= self.level <= 300 or self._rooms() > 100:
            raise ConfigError(
                "A coin game's level is 1..300 and gives at most 100 rooms. "
                f"Received {self.level} ({self._rooms()} rooms). Choose 1..150 or 201..233."
            )
        if self.seed < 0:
            raise ConfigError(f"A game's seed must be at least 0. Received {self.seed}.")
        one_of("objective", self.objective, OBJECTIVES)

    def _rooms(self) -> int:
        return ((self.level - 1) // 100 + 1) * ((self.level - 1) % 100 + 1)

    def key(self, version: str) -> str:
        """A name that changes with every setting and with TextWorld's `version`."""
        text = json.dumps([dataclasses.asdict(self), version], sort_keys=True)
        return "coin-" + hashlib.sha256(text.encode()).hexdigest()[:16]


def cache_folder() -> Path:
    """`$REWARDSMITH_CACHE`, or `~/.cache/rewardsmith`."""
    return Path(os.environ.get("REWARDSMITH_CACHE") or Path.home() / ".cache" / "rewardsmith")


def coin_game(settings: CoinSettings, folder: Path | None = None) -> Path:
    """The compiled game (`.z8`, its `.json` beside it), made now if the cache lacks it.

    A lock makes processes that want the same game wait for one compilation, and a game appears
    under its name only when whole, so that a killed process leaves nothing half-written.
    """
    textworld = require("textworld", extra="text")
    root = (folder or cache_folder()) / "textworld"
    target = root / settings.key(textworld.__version__)
    game = target / "game.z8"
    if game.is_file():
        return game
    _make_root(root)
    with FileLock(f"{target}.lock"):
        if not game.is_file():
            _publish(settings, target)
    return game


def _make_root(root: Path) -> None:
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"Games are kept in a cache folder that must be writable. Could not make {root} "
            f"({error}). Name another one in the environment variable REWARDSMITH_CACHE."
        ) from error


def _publish(settings: CoinSettings, target: Path) -> None:
    work = Path(tempfile.mkdtemp(prefix="making-", dir=target.parent))
    try:
        with quiet_interpreter():
            _compile(settings, work / "game.z8")
        work.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _compile(settings: CoinSettings, path: Path) -> None:
    textworld = require("textworld", extra="text")
    game, options = first_that_generates(
        lambda seed: _generate(settings, seed),
        settings.seed,
        require("textworld.generator", extra="text").QuestGenerationError,
    )
    options.path = str(path)
    textworld.generator.compile_game(game, options)


@contextmanager
def quiet_interpreter() -> Iterator[None]:
    """Silence Jericho's warning that it does not know the story: TextWorld tracks the score itself.

    TextWorld ignores it too, with a filter that any later change of the filters undoes.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Game .* is not fully supported")
        yield


def _generate(settings: CoinSettings, seed: int) -> tuple[Any, Any]:
    textworld = require("textworld", extra="text")
    coin = require("textworld.challenges.tw_coin_collector.coin_collector", extra="text")
    options = textworld.GameOptions()
    options.seeds = seed
    options.grammar.only_last_action = settings.objective == "brief"
    return coin.make({"level": settings.level}, options), options


def first_that_generates(
    generate: Callable[[int], T], seed: int, failure: type[Exception], tries: int = MAX_TRIES
) -> T:
    """Call `generate(seed)`; where TextWorld fails on a seed, go on to a fixed next one.

    Raises:
        ConfigError: after `tries` failures.
    """
    last: Exception | None = None
    for attempt in range(tries):
        try:
            return generate(seed + attempt * _RETRY_STRIDE)
        except failure as error:
            last = error
    raise ConfigError(
        f"TextWorld could not generate a game from seed {seed} nor from the {tries - 1} seeds "
        f"tried after it ({last}). Choose another level or seed."
    ) from last
