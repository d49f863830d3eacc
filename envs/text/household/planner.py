"""A shortest way to do a chore, found by trying every order of fetching that can be shortest.

A planner for any problem takes a second for a kitchen. All chores are of one form: empty the
hand, take a thing, change it, put it down; so that it is enough to try every thing, station and
receptacle, walking each of these few plans in mind and keeping the one with the fewest commands.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

from .chores import CHANGES, Chore
from .view import View

#: an action and the things it is done to: ("take", "apple_bar_01", "shelf_bar_02")
Step = tuple[str, ...]


class Walk:
    """Commands carried out in mind, from a `View` on."""

    def __init__(self, seen: View, after: Walk | None = None) -> None:
        self.seen = seen
        self.steps: list[Step] = list(after.steps) if after else []
        self._at: str = after._at if after else seen.at
        self._opened: set[str] = set(after._opened) if after else set()

    def then(self) -> Walk:
        """A copy to go on from."""
        return Walk(self.seen, self)

    def go(self, place: str) -> Walk:
        """Go to a receptacle, unless the agent is at its spot already."""
        if self._at != self.seen.spot[place]:
            self._at = self.seen.spot[place]
            self.steps.append(("go", place))
        return self

    def take(self, thing: str) -> Walk:
        """Fetch a thing from where it lies."""
        place = self.seen.inside[thing]
        self._reach(place).steps.append(("take", thing, place))
        return self

    def put(self, thing: str, place: str) -> Walk:
        """Put the thing in the hand into a receptacle."""
        self._reach(place).steps.append(("put", thing, place))
        return self

    def do(self, action: str, thing: str, place: str) -> Walk:
        """Clean, heat, cool or use a thing at a receptacle, which may stay closed."""
        self.go(place).steps.append((action, thing, place))
        return self

    def _reach(self, place: str) -> Walk:
        self.go(place)
        if place in self.seen.shut and place not in self._opened:
            self._opened.add(place)
            self.steps.append(("open", place))
        return self


def shortest(seen: View, chore: Chore) -> list[Step] | None:
    """The fewest steps that do the chore: none if it is done, None if it cannot be."""
    plans = {"two": _two, "examine": _examine}.get(chore.kind, _one)
    walks = plans(seen, chore)
    best = min(walks, key=lambda walk: len(walk.steps), default=None)
    return None if best is None else best.steps


def _one(seen: View, chore: Chore) -> Iterator[Walk]:
    """Every plan for one thing, changed (if the chore asks for it) and put into its place."""
    trait, station, _ = CHANGES.get(chore.kind, ("", "", ""))
    places = seen.places(chore.place.lower())
    for thing in _targets(seen, chore):
        changed = not trait or seen.has(trait, thing)
        if changed and seen.inside.get(thing) in places:
            yield Walk(seen)
            return
        for start in _with(seen, thing):
            for ready in [start] if changed else _at_stations(seen, start, chore, station, thing):
                for place in (p for p in places if seen.takes(p, thing)):
                    yield ready.then().put(thing, place)


def _at_stations(seen: View, start: Walk, chore: Chore, station: str, thing: str) -> Iterator[Walk]:
    for place in seen.places(station.lower()):
        yield start.then().do(chore.kind, thing, place)


def _two(seen: View, chore: Chore) -> Iterator[Walk]:
    """Every plan for two things put into one receptacle."""
    for place in seen.places(chore.place.lower()):
        things = [t for t in _targets(seen, chore) if seen.takes(place, t)]
        lying = [t for t in things if seen.inside.get(t) == place]
        others = [t for t in things if t not in lying]
        for order in permutations(others, max(0, 2 - len(lying))):
            if order and seen.held in others and seen.held != order[0]:
                continue  # to put down elsewhere what can be put here costs more
            yield from _bring(seen, order, place)


def _bring(seen: View, order: tuple[str, ...], place: str) -> Iterator[Walk]:
    if not order:
        yield Walk(seen)
        return
    for walk in _with(seen, order[0]):
        walk.put(order[0], place)
        for thing in order[1:]:
            walk.take(thing).put(thing, place)
        yield walk


def _examine(seen: View, chore: Chore) -> Iterator[Walk]:
    """Every plan that ends at a lamp that was switched on, with the thing in the hand."""
    for lamp in seen.things(chore.lamp.lower()):
        if lamp not in seen.inside:
            continue
        for thing in _targets(seen, chore):
            for walk in _with(seen, thing):
                walk.go(seen.inside[lamp])
                if not seen.has("istoggled", lamp):
                    walk.do("use", lamp, seen.inside[lamp])
                yield walk


def _with(seen: View, thing: str) -> Iterator[Walk]:
    """Every plan that ends with `thing` in the hand, whatever the hand holds now."""
    if seen.held == thing:
        yield Walk(seen)
        return
    if not seen.held:
        yield Walk(seen).take(thing)
        return
    for place in sorted(seen.spot):
        if seen.takes(place, seen.held):
            yield Walk(seen).put(seen.held, place).take(thing)


def _targets(seen: View, chore: Chore) -> list[str]:
    """The things of the chore's kind that can be carried."""
    able = {"clean": "cleanable", "heat": "heatable", "cool": "coolable"}.get(chore.kind, "")
    return [
        thing
        for thing in seen.things(chore.target.lower())
        if seen.has("pickupable", thing)
        and (thing in seen.inside or thing == seen.held)
        and (not able or seen.has(able, thing))
    ]
