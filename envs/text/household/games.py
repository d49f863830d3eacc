"""Where games come from: our generator, or a folder laid out as ALFWorld's data set.

In the data set a game is a folder with `game.tw-pddl` (JSON: the problem in PDDL, the grammar
with the task in words) and `traj_data.json` (the kind of task and its parameters).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from rewardsmith.errors import ConfigError

from .chores import KINDS, Chore
from .package import domain, grammar
from .problem import pddl_problem
from .rooms import Furnishing, furnish

GAME, TASK = "game.tw-pddl", "traj_data.json"
#: where each split lies in the data set: test games are in rooms that no training game is in
FOLDERS = {"train": "train", "test": "valid_unseen"}
_TASK = re.compile(r"Your task is to: (.*?)\.?\\?[\"\n]")


@dataclass(frozen=True)
class Game:
    """A problem of ALFRED's domain, and what it asks for."""

    problem: str
    chore: Chore


class Source(Protocol):
    """Gives the game of a task's seed."""

    def game(self, task_seed: int) -> Game:
        """The game of this seed, the same for ever."""


@dataclass(frozen=True)
class Generated:
    """Games made from floor plans.

    Args:
        kind: a key of `KINDS`, or `any`.
        size: how full the rooms are.
    """

    kind: str
    size: Furnishing

    def game(self, task_seed: int) -> Game:
        """The game of this seed: of test rooms if it is odd."""
        split = "test" if task_seed % 2 else "train"
        room, chore = furnish(task_seed, self.kind, split, self.size)
        return Game(pddl_problem(room, chore), chore)


@dataclass(frozen=True)
class Stored:
    """Games from folders, in the order of their names; task k of a split is its game k."""

    paths: tuple[Path, ...]

    def game(self, task_seed: int) -> Game:
        """The game of this seed."""
        return read_game(self.paths[task_seed // 2])


def find_games(root: Path, split: str, kind: str) -> tuple[Path, ...]:
    """The folders of the games of a split and kind (`any` takes all six) under `root`.

    The data set's own folders `train` and `valid_unseen` are the splits; in a folder that has
    neither, every second game is a test game. Sliced and movable things are left out, as
    ALFWorld leaves them out.

    Raises:
        ConfigError: there is none.
    """
    named = root / FOLDERS[split]
    parts = (root / folder for folder in FOLDERS.values())
    found = sorted(p.parent for p in (named if any(map(Path.is_dir, parts)) else root).rglob(GAME))
    games = [p for p in found if _wanted(p, kind)]
    if not any((root / folder).is_dir() for folder in FOLDERS.values()):
        games = games[int(split == "test") :: 2]
    if not games:
        raise ConfigError(
            f"games= names a folder with ALFWorld's games: folders with {GAME} and {TASK}, which "
            f"`alfworld-download` puts under $ALFWORLD_DATA/json_2.1.1. Received {root}, which has "
            f"none for split={split!r} and chore={kind!r}."
        )
    return tuple(games)


def read_game(folder: Path) -> Game:
    """The game in a folder. Its own grammar is searched for the task, never run.

    Raises:
        ConfigError: a file that is missing or not as in the data set.
    """
    try:
        data = json.loads((folder / GAME).read_text())
        task = json.loads((folder / TASK).read_text())
        return Game(str(data["pddl_problem"]), _chore(task, str(data["grammar"])))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"A game's folder has {GAME} (JSON with pddl_problem and grammar) and {TASK} (JSON "
            f"with task_type and pddl_params). Could not read {folder}: {error!r}."
        ) from error


def write_game(folder: Path, game: Game) -> None:
    """Write a game as the data set has it, so that ALFWorld can play it too."""
    chore = game.chore
    said = grammar().replace("UNKNOWN GOAL", chore.text)
    data = {"pddl_domain": domain(), "grammar": said, "pddl_problem": game.problem}
    params = {
        "object_target": chore.target,
        "parent_target": chore.place,
        "toggle_target": chore.lamp,
        "mrecep_target": "",
        "object_sliced": False,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / GAME).write_text(json.dumps({**data, "solvable": True}))
    (folder / TASK).write_text(
        json.dumps({"task_type": KINDS[chore.kind], "pddl_params": params}, indent=1)
    )


def _wanted(folder: Path, kind: str) -> bool:
    if "movable" in str(folder) or "Sliced" in str(folder):
        return False
    try:
        task = json.loads((folder / TASK).read_text())["task_type"]
        solvable = json.loads((folder / GAME).read_text()).get("solvable", True)
    except (OSError, ValueError, KeyError):
        return False
    return bool(solvable) and task in (KINDS.values() if kind == "any" else (KINDS[kind],))


def _chore(task: dict[str, Any], said: str) -> Chore:
    kind = {long: short for short, long in KINDS.items()}[task["task_type"]]
    params = task["pddl_params"]
    found = _TASK.search(said)
    return Chore(
        kind,
        params["object_target"],
        params["parent_target"],
        params["toggle_target"],
        found.group(1) if found else "",
    )
