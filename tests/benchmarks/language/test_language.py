from __future__ import annotations

import json
from pathlib import Path

import pytest

from rewardsmith.benchmarks.language.__main__ import LEAST, ROWS, expression, measure, operations
from rewardsmith.benchmarks.language.functions import CASES

RESULT = Path(__file__).resolve().parents[3] / "benchmarks" / "language" / "result.json"


@pytest.mark.parametrize("name", CASES)
def test_every_form_of_a_reward_is_the_same(name: str) -> None:
    """`measure` compares all of them with the one written by hand before it times them."""
    found = measure(CASES[name], 5, repeats=1)
    assert found["speed_against_by_hand"].keys() == {"compiled", "stack", "torch"}


@pytest.mark.parametrize("name", CASES)
def test_functions_have_20_operations_or_a_few_more(name: str) -> None:
    assert 20 <= operations(expression(CASES[name].text)) <= 25


@pytest.mark.parametrize("name", CASES)
def test_the_committed_result_reaches_the_required_speed(name: str) -> None:
    last = json.loads(RESULT.read_text())[name]["measured"][-1]
    assert last["rows"] == ROWS
    assert last["speed_against_by_hand"]["compiled"] >= LEAST
