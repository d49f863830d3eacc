"""A room and a chore as a PDDL problem of ALFRED's domain."""

from __future__ import annotations

from .chores import KINDS, Chore
from .package import constants, goals
from .rooms import Room, holds

#: kinds that the domain's actions name, whether or not a room has them
_PLACE_KINDS = ("SinkBasin", "Microwave", "Fridge")
_THING_KINDS = ("Knife", "ButterKnife")
_ABLE = {"Heatable": "heatable", "Coolable": "coolable", "Cleanable": "cleanable"}


def pddl_problem(room: Room, chore: Chore) -> str:
    """The problem's text: the agent stands in the middle of the room, everything is closed."""
    lines = ["(define (problem household) (:domain alfred)", "(:objects"]
    lines += [*_objects(room), ")", "(:init", "(= (total-cost) 0)"]
    lines += [*_start(room), ")", _goal(chore)]
    return "\n".join(lines)


def _kinds(room: Room) -> tuple[list[str], list[str]]:
    places = sorted({kind for _, kind in room.places}.union(_PLACE_KINDS))
    things = sorted({kind for _, kind, _ in room.things}.union(_THING_KINDS))
    return places, things


def _objects(room: Room) -> list[str]:
    places, things = _kinds(room)
    lines = ["agent1 - agent", *(f"loc_{i} - location" for i in range(len(room.places) + 1))]
    lines += [f"{name} - receptacle" for name, _ in room.places]
    lines += [f"{name} - object" for name, _, _ in room.things]
    lines += [f"{kind}Type - rtype" for kind in places]
    return lines + [f"{kind}Type - otype" for kind in things]


def _start(room: Room) -> list[str]:
    spot = {name: f"loc_{i + 1}" for i, (name, _) in enumerate(room.places)}
    facts = ["atLocation agent1 loc_0"]
    for name, kind in room.places:
        facts += [f"receptacleAtLocation {name} {spot[name]}", f"receptacleType {name} {kind}Type"]
        if kind in constants().OPENABLE_CLASS_SET:
            facts.append(f"openable {name}")
    for name, kind, place in room.things:
        facts += [f"objectType {name} {kind}Type", f"inReceptacle {name} {place}"]
        facts += [f"objectAtLocation {name} {spot[place]}", *_traits(name, kind)]
    places, things = _kinds(room)
    facts += [f"canContain {p}Type {t}Type" for p in places for t in things if holds(p, t)]
    return [f"({fact})" for fact in facts]


def _traits(name: str, kind: str) -> list[str]:
    data = constants()
    if kind in data.VAL_ACTION_OBJECTS["Toggleable"]:
        return [f"toggleable {name}"]
    able = [word for able, word in _ABLE.items() if kind in data.VAL_ACTION_OBJECTS[able]]
    movable = ["isReceptacleObject"] if kind in data.MOVABLE_RECEPTACLES_SET else []
    return [f"{word} {name}" for word in ("pickupable", *able, *movable)]


def _goal(chore: Chore) -> str:
    """The goal library's own, which writes `#` for PDDL's `-` and closes the problem."""
    text = goals()[KINDS[chore.kind]]["pddl"].replace("#", "-")
    return str(text.format(obj=chore.target, recep=chore.place, toggle=chore.lamp))
