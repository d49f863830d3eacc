from __future__ import annotations

from typing import Any

import pytest

from rewardsmith.envs.text.household.chores import CHANGES, KINDS, Chore
from rewardsmith.envs.text.household.package import constants, floor_plan
from rewardsmith.envs.text.household.problem import pddl_problem
from rewardsmith.envs.text.household.rooms import Furnishing, furnish
from rewardsmith.errors import ConfigError, UnknownNameError

SMALL = Furnishing(copies=2, clutter=3)


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_chore_needs_is_there_and_not_yet_done(kind: str) -> None:
    for seed in range(6):
        room, chore = furnish(seed, kind, "train", SMALL)
        places = dict(room.places)
        assert chore.kind == kind
        targets = [place for _, thing, place in room.things if thing == chore.target]
        assert len(targets) >= (2 if kind == "two" else 1)
        assert all(places[place] != chore.place for place in targets)
        if kind == "examine":
            assert chore.lamp in {thing for _, thing, _ in room.things}
        else:
            assert chore.place in places.values()
        if kind in CHANGES:
            assert CHANGES[kind][1] in places.values()


def test_a_seed_always_gives_the_same_room_and_others_others() -> None:
    first = [pddl_problem(*furnish(seed, "any", "train", SMALL)) for seed in range(4)]
    assert first == [pddl_problem(*furnish(seed, "any", "train", SMALL)) for seed in range(4)]
    assert len(set(first)) == 4


def test_test_rooms_are_no_training_rooms() -> None:
    scenes = {
        split: {furnish(seed, "any", split, SMALL)[0].scene for seed in range(40)}
        for split in ("train", "test")
    }
    assert not scenes["train"] & scenes["test"]
    assert scenes["test"] <= set(constants().TEST_SCENE_NUMBERS)


def test_every_thing_is_of_its_floor_plan_and_fits_where_it_lies() -> None:
    room, _ = furnish(1, "heat", "train", SMALL)
    kinds, _ = floor_plan(room.scene)
    places = dict(room.places)
    for _, kind, place in room.things:
        assert kind in kinds
        assert kind in constants().VAL_RECEPTACLE_OBJECTS[places[place]]


BAD: list[dict[str, Any]] = [{"copies": 0}, {"clutter": -1}]


@pytest.mark.parametrize("bad", BAD)
def test_bad_sizes_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="Received"):
        Furnishing(**bad)


def test_an_unknown_chore_is_told_its_neighbour() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'clean'"):
        Chore("clena", "Mug")
