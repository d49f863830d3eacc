"""Plans whose length is worked out by hand, in a kitchen of four places."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rewardsmith.envs.text.household.chores import Chore
from rewardsmith.envs.text.household.planner import shortest
from rewardsmith.envs.text.household.progress import reached, subgoals
from rewardsmith.envs.text.household.view import View, view

KITCHEN = View(
    at="loc0",
    spot={"shelf": "loc1", "fridge": "loc2", "table": "loc3", "micro": "loc4"},
    place_kind={"shelf": "shelf", "fridge": "fridge", "table": "table", "micro": "microwave"},
    thing_kind={"mug1": "mug", "mug2": "mug", "pan1": "pan", "lamp1": "desklamp"},
    inside={"mug1": "fridge", "mug2": "shelf", "pan1": "table", "lamp1": "table"},
    shut={"fridge", "micro"},
    traits={"pickupable": {"mug1", "mug2", "pan1"}, "heatable": {"mug1", "mug2"}},
    fits={("table", "mug"), ("shelf", "mug"), ("table", "pan"), ("fridge", "mug")},
)
PICK = Chore("pick", "Mug", "Table")


def length(seen: View, chore: Chore) -> int:
    steps = shortest(seen, chore)
    assert steps is not None
    return len(steps)


def test_the_nearest_in_commands_is_fetched() -> None:
    # mug2 lies open: go, take, go, put. mug1 would need the fridge opened too.
    assert shortest(KITCHEN, PICK) == [
        ("go", "shelf"),
        ("take", "mug2", "shelf"),
        ("go", "table"),
        ("put", "mug2", "table"),
    ]


def test_a_closed_goal_is_opened_and_an_open_one_is_not() -> None:
    into = Chore("pick", "Pan", "Fridge")
    seen = replace(KITCHEN, fits=KITCHEN.fits | {("fridge", "pan")})
    assert length(seen, into) == 5  # go, take, go, open, put
    assert length(replace(seen, shut={"micro"}), into) == 4


def test_who_stands_there_need_not_go() -> None:
    assert length(replace(KITCHEN, at="loc1"), PICK) == 3


def test_the_hand_is_emptied_first_where_that_costs_least() -> None:
    inside = {k: v for k, v in KITCHEN.inside.items() if k != "pan1"}
    seen = replace(KITCHEN, at="loc1", held="pan1", inside=inside)
    # The pan fits on the table alone: go, put; then go, take, go, put.
    assert length(seen, PICK) == 6


def test_a_hot_mug_is_heated_on_the_way_without_opening() -> None:
    chore = Chore("heat", "Mug", "Table")
    assert length(KITCHEN, chore) == 6  # go, take, go, heat, go, put
    warm = replace(KITCHEN, traits={**KITCHEN.traits, "ishot": {"mug1"}})
    assert length(warm, chore) == 5  # go, open, take, go, put


def test_two_mugs_are_fetched_one_by_one() -> None:
    chore = Chore("two", "Mug", "Table")
    assert length(KITCHEN, chore) == 9  # 4 for the open one, go, open, take, go, put
    # One may lie there already, and the goal may be the shelf, where one lies.
    assert length(KITCHEN, Chore("two", "Mug", "Shelf")) == 5


def test_a_lamp_is_used_last_and_only_once() -> None:
    chore = Chore("examine", "Mug", lamp="DeskLamp")
    assert length(KITCHEN, chore) == 4  # go, take, go, use
    lit = replace(KITCHEN, traits={**KITCHEN.traits, "istoggled": {"lamp1"}})
    assert length(lit, chore) == 3


def test_done_is_no_step_and_impossible_is_none() -> None:
    assert shortest(KITCHEN, Chore("pick", "Pan", "Table")) == []
    assert shortest(KITCHEN, Chore("pick", "Pan", "Shelf")) is None
    assert shortest(KITCHEN, Chore("pick", "Spoon", "Table")) is None


@pytest.mark.parametrize(
    ("chore", "changes", "expected"),
    [
        (PICK, {}, 0),
        (PICK, {"held": "mug1"}, 1),
        (Chore("heat", "Mug", "Table"), {"held": "mug1", "traits": {"ishot": {"mug1"}}}, 2),
        (Chore("heat", "Mug", "Table"), {"held": "mug2", "traits": {"ishot": {"mug1"}}}, 1),
        (Chore("two", "Mug", "Shelf"), {"held": "mug1"}, 3),
        (Chore("examine", "Mug", lamp="DeskLamp"), {"traits": {"istoggled": {"lamp1"}}}, 1),
    ],
)
def test_subgoals_are_counted(chore: Chore, changes: dict[str, object], expected: int) -> None:
    seen = replace(KITCHEN, **changes)
    assert reached(seen, chore, done=False) == expected < subgoals(chore)
    assert reached(seen, chore, done=True) == subgoals(chore)


def test_a_view_is_read_from_facts() -> None:
    seen = view(
        [
            ("atlocation", "agent1", "loc_2"),
            ("openable", "fridge_bar_01"),
            ("openable", "safe_bar_01"),
            ("opened", "safe_bar_01"),
            ("receptacletype", "safe_bar_01", "safetype"),
            ("objecttype", "mug_bar_01", "mugtype"),
            ("cancontain", "safetype", "mugtype"),
            ("ishot", "mug_bar_01"),
        ]
    )
    assert (seen.at, seen.held, seen.shut) == ("loc_2", "", {"fridge_bar_01"})
    assert seen.takes("safe_bar_01", "mug_bar_01")
    assert seen.has("ishot", "mug_bar_01")
    assert not seen.has("isclean", "mug_bar_01")
