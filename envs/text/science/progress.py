"""Reads ScienceWorld's report of sub-goals."""

from __future__ import annotations

import re
from dataclasses import dataclass

_GOAL = re.compile(r"^\d+\t(true|false)\t\s*\S+\t(.*)$", re.MULTILINE)
_ROOM = re.compile(r"(?:room|location) is called the (.+?)\.")


@dataclass(frozen=True)
class Progress:
    """How many sub-goals are met, in order and optional, and which is the next one in order."""

    done: int
    total: int
    optional_done: int
    optional_total: int
    next_goal: str


def read_progress(report: str) -> Progress:
    r"""Count the sub-goals of `getGoalProgressStr`.

    >>> read_progress("Sequential Subgoals:\n0\ttrue\t GoalFind\tfocus\nUnordered\n")
    Progress(done=1, total=1, optional_done=0, optional_total=0, next_goal='')
    """
    ordered, _, free = report.partition("Unordered")
    goals, optional = _GOAL.findall(ordered), _GOAL.findall(free)
    waiting = [text for met, text in goals if met == "false"]
    return Progress(
        sum(met == "true" for met, _ in goals),
        len(goals),
        sum(met == "true" for met, _ in optional),
        len(optional),
        waiting[0] if waiting else "",
    )


def place(look: str) -> str:
    """The name of the room in what `look around` says.

    >>> place("This room is called the art studio. In it, you see:")
    'art studio'
    """
    found = _ROOM.search(look)
    return found[1] if found else ""
