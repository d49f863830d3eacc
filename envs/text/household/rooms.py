"""A furnished room and a chore in it, drawn from ALFRED's floor plans by a seed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random

from rewardsmith.errors import ConfigError

from .chores import CHANGES, KINDS, Chore
from .package import constants, floor_plan, goals

#: where lamps stand, in the order of preference
_STANDS = ("Desk", "SideTable", "Dresser", "Shelf", "CoffeeTable", "DiningTable", "TVStand", "Sofa")


@dataclass(frozen=True)
class Room:
    """The receptacles of a room, and which of them each thing lies in.

    Args:
        scene: ALFRED's number of the floor plan.
        places: (name, kind) of every receptacle.
        things: (name, kind, name of its receptacle) of every thing.
    """

    scene: int
    places: tuple[tuple[str, str], ...]
    things: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Furnishing:
    """How full rooms are.

    Args:
        copies: most receptacles of one kind, and most things of one kind.
        clutter: kinds of things beside the chore's own.
    """

    copies: int = 3
    clutter: int = 8

    def __post_init__(self) -> None:
        if self.copies < 1 or self.clutter < 0:
            raise ConfigError(
                "A room has at least 1 copy and at least 0 kinds of clutter. "
                f"Received copies={self.copies}, clutter={self.clutter}."
            )


def furnish(seed: int, kind: str, split: str, size: Furnishing) -> tuple[Room, Chore]:
    """The room and the chore of this seed; test rooms are scenes that no training room is.

    Scenes are drawn until one has what the chore needs, so that every seed has a game.
    """
    rng = Random(seed)
    kind = rng.choice(sorted(KINDS)) if kind == "any" else kind
    scenes = sorted(_scenes(kind, split))
    while True:
        scene = rng.choice(scenes)
        places = _places(scene, size.copies)
        chores = _chores(kind, scene, places)
        if chores:
            chore = rng.choice(chores)
            return Room(scene, places, _things(rng, scene, places, chore, size)), chore


def holds(place: str, thing: str) -> bool:
    """Whether a receptacle of one kind can hold a thing of another."""
    return thing in constants().VAL_RECEPTACLE_OBJECTS.get(place, ())


def _scenes(kind: str, split: str) -> set[int]:
    data = constants()
    numbers = data.TEST_SCENE_NUMBERS if split == "test" else data.TRAIN_SCENE_NUMBERS
    rooms = data.GOALS_VALID[KINDS[kind]]
    return {n for n in numbers if any(n in data.SCENE_TYPE[room] for room in rooms)}


def _places(scene: int, copies: int) -> tuple[tuple[str, str], ...]:
    kinds, named = floor_plan(scene)
    data = constants()
    fixed = set(data.VAL_RECEPTACLE_OBJECTS) - data.MOVABLE_RECEPTACLES_SET
    count = Counter(name.split("|")[0] for name in named)
    return tuple(
        (_name(kind, i), kind)
        for kind in sorted(fixed.intersection(kinds))
        for i in range(min(max(count[kind], 1), copies))
    )


def _name(kind: str, i: int) -> str:
    """A name as ALFRED writes it in PDDL; of a basin it says what the basin is part of."""
    if kind.endswith("Basin"):
        return f"{kind.removesuffix('Basin')}_bar_{i + 1:02d}_bar_{kind}"
    return f"{kind}_bar_{i + 1:02d}"


def _chores(kind: str, scene: int, places: tuple[tuple[str, str], ...]) -> list[Chore]:
    """Every chore of this kind that can be done in the room."""
    present = {k for _, k in places}
    kinds = [k for k in floor_plan(scene)[0] if any(holds(p, k) for p in present)]
    if kind == "examine":
        lamps = sorted(constants().VAL_ACTION_OBJECTS["Toggleable"] & set(floor_plan(scene)[0]))
        return [_worded(kind, k, lamp=lamp) for k in kinds for lamp in lamps]
    if kind in CHANGES:
        _, station, able = CHANGES[kind]
        if station not in present:
            return []
        kinds = [k for k in kinds if k in constants().VAL_ACTION_OBJECTS[able]]
        present = present - {station}
    # A thing that fits nowhere else would lie where it is to go from the start.
    return [
        _worded(kind, k, place)
        for k in kinds
        for place in sorted(present)
        if holds(place, k) and any(holds(p, k) for p in present - {place})
    ]


def _worded(kind: str, target: str, place: str = "", lamp: str = "") -> Chore:
    template = goals()[KINDS[kind]]["templates"][0]
    words = {"obj": target.lower(), "recep": place.lower(), "toggle": lamp.lower()}
    return Chore(kind, target, place, lamp, template.format(**words))


def _things(
    rng: Random, scene: int, places: tuple[tuple[str, str], ...], chore: Chore, size: Furnishing
) -> tuple[tuple[str, str, str], ...]:
    present = {k for _, k in places}
    others = [k for k in floor_plan(scene)[0] if any(holds(p, k) for p in present)]
    others = sorted(set(others) - {chore.target})
    kinds = sorted([chore.target, *rng.sample(others, min(size.clutter, len(others)))])
    things = []
    for kind in kinds:
        least = 2 if chore.kind == "two" and kind == chore.target else 1
        for i in range(rng.randint(least, max(least, size.copies))):
            spots = [p for p in places if holds(p[1], kind) and not _is_goal(p[1], kind, chore)]
            things.append((_name(kind, i), kind, rng.choice(spots)[0]))
    return tuple(things + _lamps(rng, scene, places))


def _is_goal(place: str, thing: str, chore: Chore) -> bool:
    return thing == chore.target and place == chore.place


def _lamps(
    rng: Random, scene: int, places: tuple[tuple[str, str], ...]
) -> list[tuple[str, str, str]]:
    kinds = sorted(constants().VAL_ACTION_OBJECTS["Toggleable"] & set(floor_plan(scene)[0]))
    stands = [p for p in places if p[1] in _STANDS] or list(places)
    return [(_name(kind, 0), kind, rng.choice(stands)[0]) for kind in kinds]
