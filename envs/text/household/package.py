"""The files of the alfworld package: its PDDL domain, its grammar, its constants, its floor plans.

They are read from the package's folder. Importing the package itself would make a folder for its
data set in the user's home.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from rewardsmith.errors import MissingExtraError


@cache
def folder() -> Path:
    """Where the alfworld package lies.

    Raises:
        MissingExtraError: if it is not installed.
    """
    spec = importlib.util.find_spec("alfworld")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError(
            "This needs the package 'alfworld', whose domain and floor plans the household games "
            "are made of. Install it with: pip install 'rewardsmith[household]'"
        )
    return Path(spec.submodule_search_locations[0])


def domain() -> str:
    """The PDDL domain of ALFRED."""
    return (folder() / "data" / "alfred.pddl").read_text()


def grammar() -> str:
    """The grammar that says what the player reads."""
    return (folder() / "data" / "alfred.twl2").read_text()


@cache
def constants() -> Any:
    """ALFRED's constants: scenes, kinds of things, what fits where, what can be heated."""
    return _module("gen/constants.py", "rewardsmith_alfred_constants")


@cache
def goals() -> dict[str, dict[str, Any]]:
    """ALFRED's goal library: for each kind of task the goal in PDDL and the task in words."""
    return dict(_module("gen/goal_library.py", "rewardsmith_alfred_goals").gdict)


@cache
def floor_plan(number: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The kinds of things in a scene, and the names of its places, both sorted."""
    layouts = folder() / "gen" / "layouts"
    kinds = json.loads((layouts / f"FloorPlan{number}-objects.json").read_text())
    places = json.loads((layouts / f"FloorPlan{number}-openable.json").read_text())
    return tuple(sorted(set(kinds))), tuple(sorted(places))


def _module(path: str, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, folder() / path)
    if spec is None or spec.loader is None:
        raise MissingExtraError(
            f"The alfworld package lacks {path}. Install the version that is meant: "
            "pip install 'rewardsmith[household]'"
        )
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
