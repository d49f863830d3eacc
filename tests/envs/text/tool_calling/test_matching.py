from __future__ import annotations

import pytest

from rewardsmith.envs.text.tool_calling.goals import Call
from rewardsmith.envs.text.tool_calling.matching import match

BUY, LIST = Call("buy", {"item": "mug", "quantity": 2}), Call("list_items", {})


def test_equal_calls_score_the_maximum() -> None:
    found = match([LIST, BUY], [BUY, LIST])
    assert (found.names, found.parameters, found.values, found.score) == (1.0, 1.0, 1.0, 1.0)


def test_no_calls_score_nothing() -> None:
    found = match([], [BUY, LIST])
    assert (found.names, found.parameters, found.values, found.score) == (0.0, 0.0, 0.0, 0.0)


def test_toolrl_by_hand() -> None:
    made = [Call("buy", {"item": "mug", "count": 2}), Call("read_file", {"path": "a"})]
    found = match(made, [BUY, LIST])
    assert found.names == pytest.approx(1 / 3)  # buy, of buy, read_file and list_items
    assert found.parameters == pytest.approx((1 / 3 + 0) / 2)  # item, of item, count and quantity
    assert found.values == pytest.approx(1 / 2)  # mug, of mug and 2
    # r_name + r_param + r_value = 1/3 + 1/3 + 1, S_max = 1 + 2 calls + 2 arguments
    assert found.score == pytest.approx((5 / 3) / 5)


def test_names_count_as_often_as_they_occur() -> None:
    assert match([BUY, BUY, BUY], [BUY]).names == pytest.approx(1 / 3)
    assert match([BUY], [BUY, BUY]).names == pytest.approx(1 / 2)


def test_the_best_assignment_is_taken_not_the_first() -> None:
    two = Call("buy", {"item": "mug", "quantity": 3})
    # the first call fits both references; only one assignment gives all four values
    made = [BUY, Call("buy", {"item": "mug", "quantity": 3})]
    assert match(made[::-1], [BUY, two]).values == 1.0
    assert match([BUY], [two, BUY]).values == pytest.approx(2 / 4)


def test_a_reference_without_arguments_has_no_value_to_miss() -> None:
    assert match([LIST], [LIST]).values == 1.0
