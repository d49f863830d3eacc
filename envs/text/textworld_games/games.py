"""TextWorld games, compiled once and kept in a cache folder.

Compiling takes 1.5 to 12 seconds a game, so that a game is made when it is first played and
then shared by every later run and process of the machine.
"""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

from rewardsmith.errors import ConfigError, require
from rewardsmith.storage import cache_folder

from .settings import GameSettings

MAX_TRIES = 20
#: even, so that a training task never becomes a test task, and beyond the seeds of all tasks
_RETRY_STRIDE = 100_000_006
T = TypeVar("T")


def compiled_game(settings: GameSettings, folder: Path | None = None) -> Path:
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


def _publish(settings: GameSettings, target: Path) -> None:
    work = Path(tempfile.mkdtemp(prefix="making-", dir=target.parent))
    try:
        with quiet_interpreter():
            _compile(settings, work / "game.z8")
        work.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _compile(settings: GameSettings, path: Path) -> None:
    failure = require("textworld.generator", extra="text").QuestGenerationError

    def attempt(seed: int) -> None:
        game, options = settings.generate(seed)
        options.path, options.force_recompile = str(path), True
        require("textworld", extra="text").generator.compile_game(game, options)
        if not _can_be_won(path):
            raise failure("the game's parser confuses names that the winning commands use")

    first_that_generates(attempt, settings.seed, failure)


def _can_be_won(path: Path) -> bool:
    """Whether the winning policy wins: with names such as `locker` and `type K locker` in one
    room, the parser may not know which is meant."""
    textworld = require("textworld", extra="text")
    with quiet_interpreter():
        env = textworld.start(str(path), textworld.EnvInfos(policy_commands=True, won=True))
    state, done = env.reset(), False
    for command in list(state.policy_commands):
        state, _, done = env.step(command)
        if done:
            break
    env.close()
    return bool(done and state.won)


@contextmanager
def quiet_interpreter() -> Iterator[None]:
    """Silence Jericho's warning that it does not know the story: TextWorld tracks the score itself.

    TextWorld ignores it too, with a filter that any later change of the filters undoes.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Game .* is not fully supported")
        yield


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
        f"tried after it ({last}). Choose other settings or another seed."
    ) from last
