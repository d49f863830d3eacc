"""NetHack and MiniHack in words."""

from __future__ import annotations

import contextlib
import importlib
import warnings
from collections.abc import Iterator
from typing import Any, ClassVar

import gymnasium as gym

from rewardsmith.envs.text.base import COMMON, Reply, TextGame
from rewardsmith.envs.text.uncopyable import Uncopyable
from rewardsmith.errors import ConfigError, MissingExtraError, unknown_name
from rewardsmith.features import Feature, FeatureSchema

from .actions import ANSWERS, Vocabulary
from .expert import direction
from .scene import FARTHEST, Scene, text_of

INSTALL = "pip install 'rewardsmith[nethack]' && pip install --no-deps nle==1.3.0 minihack==1.0.2"
_KEYS = (
    *("glyphs", "chars", "blstats", "message", "screen_descriptions"),
    *("inv_strs", "inv_letters"),
)
#: these need a level description, a download, or refuse seeds
_LEFT_OUT = ("Custom", "Boxoban", "NetHackChallenge")
#: blstats by position (NLE's README); the rest is in the feature `blstats`
_STATS = {
    "score": (9, "points, as NetHack counts them"),
    "hit_points": (10, "hit points left"),
    "max_hit_points": (11, "hit points at best"),
    "depth": (12, "levels below the surface, plus one"),
    "gold": (13, "gold pieces carried"),
    "experience_level": (18, "level of the character"),
    "experience_points": (19, "experience of the character"),
    "game_time": (20, "turns of the game's own clock"),
    "hunger": (21, "0 satiated, 1 not hungry, 2 hungry, 3 weak, 4 fainting"),
}
BLSTATS = 27


class NetHackEnv(Uncopyable, TextGame):
    """A task of NLE (Kuettler et al. 2020) or MiniHack (Samvelyan et al. 2021), read and played
    in words.

    The reward is the task's own, with its penalty for steps that take no time. A line is a word
    of `info["admissible_commands"]`, a word with a direction or a letter (`kick north`, `eat f`),
    or the letter that answers a question.

    Args:
        task: a Gymnasium id of NLE or MiniHack, e.g. `MiniHack-KeyRoom-S5-v0`, `NetHackScore-v0`.
        character: role-race-alignment-gender as NLE takes it; None leaves the task's own.

    Raises:
        MissingExtraError: if nle or minihack is not installed.
        UnknownNameError: an unknown task.
        ConfigError: a task that needs a level file or a download, or cannot be seeded.
    """

    instructions: ClassVar[str] = (
        "You play NetHack. Every turn you read a message, what you see with its place relative to "
        "you, and the eight cells around you. Answer with one action: a direction (north, "
        "southeast) or a command (search, open, pick up), with a direction or an inventory letter "
        "where it needs one (kick north, eat f). Answer a question with its letter."
    )
    uncopyable: ClassVar[str] = "NetHack is a C library that cannot be copied"
    feature_schema = FeatureSchema(
        [
            *COMMON,
            *(Feature(name, doc, dtype="int") for name, (_, doc) in _STATS.items()),
            Feature("alive", "the character has not died", dtype="bool"),
            Feature("stairs_seen", "a staircase down is in sight", dtype="bool"),
            Feature(
                "stairs_distance",
                f"moves to the nearest staircase down in sight, through walls, {FARTHEST} if none",
                low=0,
                high=FARTHEST,
                unit="cells",
                dtype="int",
            ),
            Feature("things_seen", "objects, monsters, doors in sight", low=0, dtype="int"),
            Feature("asked", "a question is open, to be answered with a letter", dtype="bool"),
            Feature("inventory_size", "things carried", low=0, high=55, dtype="int"),
            Feature("blstats", "NetHack's bottom line", shape=(BLSTATS,), dtype="int"),
            Feature("message", "what NetHack said last", dtype="text"),
            Feature("inventory", "things carried, with their letters", dtype="text"),
        ]
    )

    def __init__(
        self, *, task: str = "MiniHack-Room-5x5-v0", character: str | None = None, **common: Any
    ) -> None:
        super().__init__(**common)
        self._name = task
        self._game: Any = _game(task, character)
        self._words = Vocabulary(self._game.actions)
        self._screen: Any = None
        self._status = "RUNNING"
        self._visited: set[tuple[int, int]] = set()
        self._stairs: dict[tuple[int, int], set[tuple[int, int]]] = {}

    def _begin(self, task_seed: int) -> str:
        self._game.seed(core=task_seed, disp=task_seed, reseed=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            raw, _ = self._game.reset()
        self._status, self._visited, self._stairs = "RUNNING", set(), {}
        self._see(raw)
        return f"Actions: {', '.join(self._words.words)}.\n\n{self._caption()}"

    def _play(self, line: str) -> Reply:
        keys = self._words.keys(line, self._asked)
        if not keys:
            return Reply("", understood=False)
        total, ended = 0.0, False
        for i, key in enumerate(keys):
            if i and not self._asked:
                break  # what is done needs no letter or direction: do not walk or rest instead
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Python's and NumPy's integers of other widths
                raw, reward, ended, _, info = self._game.step(key)
            total, self._status = total + float(reward), info["end_status"].name
            self._see(raw)
            if ended:
                break
        return Reply(self._caption(), total, terminated=bool(ended))

    def _see(self, raw: dict[str, Any]) -> None:
        self._screen = {key: raw[key].copy() for key in _KEYS}  # nle writes into its own arrays
        stats = self._screen["blstats"]
        known = self._stairs.setdefault((int(stats[23]), int(stats[24])), set())  # of this level
        self._scene = Scene(self._screen, known)
        known |= self._scene.stairs
        self._visited.add((self._scene.row, self._scene.column))
        # Whether NetHack waits for a yes or no, a line of text, or a space.
        self._questions = self._game.last_observation[self._game._internal_index][1:4].copy()

    def _success(self) -> bool:
        return self._status == "TASK_SUCCESSFUL"

    def _admissible(self) -> list[str]:
        return self._words.listed(self._scene.message if self._asked else None)

    @property
    def _asked(self) -> bool:
        return bool(self._questions.any())

    def _features(self) -> dict[str, Any]:
        stats = self._screen["blstats"]
        distance = self._scene.stairs_distance()
        return {
            **{name: int(stats[i]) for name, (i, _) in _STATS.items()},
            "alive": self._status != "DEATH",
            "stairs_seen": distance < FARTHEST,
            "stairs_distance": distance,
            "things_seen": len(self._scene.things()),
            "asked": self._asked,
            "inventory_size": len(self._inventory()),
            "blstats": stats[:BLSTATS].astype(int),
            "message": self._shown(self._scene.message),
            "inventory": self._shown(", ".join(self._inventory())),
        }

    def _inventory(self) -> list[str]:
        letters, names = self._screen["inv_letters"], self._screen["inv_strs"]
        found = zip(letters, names, strict=True)
        return [f"{chr(letter)}: {text_of(name)}" for letter, name in found if letter]

    def _caption(self) -> str:
        stats = self._screen["blstats"]
        status = f"Depth {stats[12]}. Hit points {stats[10]} of {stats[11]}. Gold {stats[13]}."
        return f"{self._scene.sentence()}\n{status}"

    def expert_line(self) -> str:
        """The next step to a staircase down, seen or looked for; `down` on one.

        Raises:
            ConfigError: none can be reached by walking, so that this player knows no more.
        """
        if self._scene.stairs_distance() == 0 and "down" in self._words.words:
            return "down"
        name = direction(self._scene, self._visited)
        if name in self._words.words:
            return str(name)
        raise ConfigError(
            f"The scripted player only walks to a staircase down, and in {self._name!r} none can "
            "be reached by walking from here. Use a task of rooms, mazes or corridors."
        )

    def close(self) -> None:
        """End the game."""
        self._game.close()


def make_env(render_mode: str | None = None, **kwargs: Any) -> NetHackEnv:
    """Build the env; keywords as `NetHackEnv`."""
    return NetHackEnv(render_mode=render_mode, **kwargs)


def tasks() -> list[str]:
    """The ids that `NetHackEnv` plays."""
    _load()
    ids = [i for i in gym.registry if i.startswith(("MiniHack-", "NetHack"))]
    return [i for i in ids if not any(part in i for part in _LEFT_OUT)]


def _load() -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # minihack imports pkg_resources, which is deprecated
            for package in ("nle", "minihack"):
                importlib.import_module(package)
    except ImportError as error:
        raise MissingExtraError(
            f"NetHack needs the packages nle and minihack, which could not be imported ({error}). "
            f"They pin an old gymnasium and run with ours, so install them with: {INSTALL}"
        ) from error


def _game(task: str, character: str | None) -> Any:
    known = tasks()
    if task not in known:
        if any(part in task for part in _LEFT_OUT) and task in gym.registry:
            raise ConfigError(
                f"task is one that needs no file of its own and can be seeded. Received {task!r}. "
                "Boxoban's levels must be downloaded, Custom tasks need a level description, "
                "and NetHackChallenge refuses seeds. Use NetHackScore-v0 or another MiniHack task."
            )
        raise unknown_name("task of NetHack", task, known)
    spec = gym.spec(task)
    make: Any = spec.entry_point
    if isinstance(make, str):
        make = gym.envs.registration.load_env_creator(make)
    own = {} if character is None else {"character": character}
    with warnings.catch_warnings(), _own_size(task):
        warnings.simplefilter("ignore")
        game = make(
            **{**spec.kwargs, **own},
            observation_keys=_KEYS,
            max_episode_steps=2**31 - 1,  # time limits are ours
            fix_moon_phase=True,  # else the calendar would change the game
        )
    # A task's keys may lack the letters that answer its questions ("What do you want to eat?").
    game.actions = (*game.actions, *ANSWERS)
    if hasattr(game, "minigrid_env"):
        game.minigrid_env = _Seedable(game.minigrid_env)
    return game


class _Sized:
    """In place of gymnasium in MiniHack's Minigrid: maps are made as large as they say."""

    @staticmethod
    def make(name: str, **_: Any) -> Any:
        return gym.make(name)


@contextlib.contextmanager
def _own_size(task: str) -> Iterator[None]:
    """MiniHack asks for maps of the terminal's size, which Minigrid's crossings refuse."""
    if "Crossing" not in task:
        yield
        return
    module = importlib.import_module("minihack.envs.minigrid")
    module.gym = _Sized  # type: ignore[attr-defined]
    try:
        yield
    finally:
        module.gym = gym  # type: ignore[attr-defined]


class _Seedable:
    """A Minigrid env with the `seed` method that MiniHack calls, which Gymnasium has dropped."""

    def __init__(self, env: Any) -> None:
        self.unwrapped, self._env, self._seed = env.unwrapped, env, 0

    def seed(self, seed: int) -> None:
        self._seed = seed

    def reset(self) -> Any:
        return self._env.reset(seed=self._seed)
