"""What a plan needs to know of a state, read from its facts once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .engine import Fact


@dataclass
class View:
    """A state of ALFRED's domain; names are those of the PDDL problem, kinds are in lower case.

    Args:
        at: where the agent stands.
        spot: for each receptacle the location that it is at.
        place_kind, thing_kind: for each receptacle, thing its kind, as `countertop`.
        shut: receptacles that must be opened before anything is taken out or put in.
        inside: for each thing that lies somewhere its receptacle.
        held: the thing in the agent's hand, or an empty string.
        traits: for each predicate of one thing (`ishot`, `pickupable`, ...) what it holds of.
        fits: pairs (kind of receptacle, kind of thing) that go together.
    """

    at: str = ""
    held: str = ""
    spot: dict[str, str] = field(default_factory=dict)
    place_kind: dict[str, str] = field(default_factory=dict)
    thing_kind: dict[str, str] = field(default_factory=dict)
    inside: dict[str, str] = field(default_factory=dict)
    shut: set[str] = field(default_factory=set)
    traits: dict[str, set[str]] = field(default_factory=dict)
    fits: set[tuple[str, str]] = field(default_factory=set)

    def takes(self, place: str, thing: str) -> bool:
        """Whether `thing` may be put into `place`."""
        return (self.place_kind.get(place, ""), self.thing_kind.get(thing, "")) in self.fits

    def has(self, trait: str, thing: str) -> bool:
        """Whether a predicate holds of a thing."""
        return thing in self.traits.get(trait, ())

    def places(self, kind: str) -> list[str]:
        """The receptacles of a kind, sorted."""
        return sorted(place for place, k in self.place_kind.items() if k == kind)

    def things(self, kind: str) -> list[str]:
        """The things of a kind, sorted."""
        return sorted(thing for thing, k in self.thing_kind.items() if k == kind)


def view(facts: Iterable[Fact]) -> View:
    """Read `facts`, whose order does not matter."""
    seen = View()
    openable, opened = set(), set()
    for predicate, *rest in facts:
        if predicate == "openable":
            openable.add(rest[0])
        elif predicate == "opened":
            opened.add(rest[0])
        else:
            _read(seen, predicate, rest)
    seen.shut = openable - opened
    return seen


def _read(seen: View, predicate: str, rest: list[str]) -> None:
    if predicate == "atlocation":
        seen.at = rest[1]
    elif predicate == "holds":
        seen.held = rest[1]
    elif predicate == "receptacleatlocation":
        seen.spot[rest[0]] = rest[1]
    elif predicate == "receptacletype":
        seen.place_kind[rest[0]] = _kind(rest[1])
    elif predicate == "objecttype":
        seen.thing_kind[rest[0]] = _kind(rest[1])
    elif predicate == "inreceptacle":
        seen.inside[rest[0]] = rest[1]
    elif predicate == "cancontain":
        seen.fits.add((_kind(rest[0]), _kind(rest[1])))
    elif len(rest) == 1:
        seen.traits.setdefault(predicate, set()).add(rest[0])


def _kind(name: str) -> str:
    return name.removesuffix("type")
