"""How many of a chore's sub-goals are reached, counted from a state."""

from __future__ import annotations

from .chores import CHANGES, Chore
from .view import View


def subgoals(chore: Chore) -> int:
    """How many sub-goals a chore has: taken and placed, with a change between for some;
    the same twice for two things; in the hand, under the light, and both, for examining."""
    return {"pick": 2, "two": 4}.get(chore.kind, 3)


def reached(seen: View, chore: Chore, done: bool) -> int:
    """The sub-goals reached, 0 to `subgoals(chore)`, which is reached only when `done`."""
    total = subgoals(chore)
    if done:
        return total
    things = seen.things(chore.target.lower())
    holding = int(seen.held in things and bool(seen.held))
    if chore.kind == "examine":
        lamps = seen.things(chore.lamp.lower())
        return holding + int(any(seen.has("istoggled", lamp) for lamp in lamps))
    if chore.kind == "two":
        places = seen.places(chore.place.lower())
        most = max((_count(seen, things, place) for place in places), default=0)
        return min(2 * min(most, 1) + holding, total - 1)
    if chore.kind in CHANGES:
        trait = CHANGES[chore.kind][0]
        return max((int(seen.has(trait, t)) + int(t == seen.held) for t in things), default=0)
    return holding


def _count(seen: View, things: list[str], place: str) -> int:
    return sum(seen.inside.get(thing) == place for thing in things)
