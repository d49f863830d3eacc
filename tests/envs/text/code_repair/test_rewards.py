"""The named rewards, on episodes whose terms are worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

from rewardsmith.named_rewards import named_rewards
from rewardsmith.registration import find_entry


@pytest.fixture
def paid(pay: Any, build: Any) -> Any:
    return lambda name, lines: pay("CodeRepair-v0", name, build(), lines)


SOLVED, AT_ONCE = ["expert"] * 3, ["submit"]
EMPTY_PATCH = ["insert shop/rates.py 5: |", "submit"]


@pytest.mark.parametrize(
    ("name", "lines", "expected"),
    [
        ("sparse", SOLVED, [0, 0, 1]),
        ("sparse", AT_ONCE, [0]),
        # handing in 0.2, a patch 0.3, all tests 0.5, and half of that
        ("gated", SOLVED, [0, 0, 1.5]),
        # without a patch the tests do not count, though 15 of 16 pass
        ("gated", AT_ONCE, [0.1]),
        ("gated", EMPTY_PATCH, [0, 0.1 + 0.15 + 0.25 * 15 / 16]),
        ("weighted", SOLVED, [0, 0, 1.5]),
        # Phi is -1/18 until the tests have run, then 0
        ("potential", SOLVED, [1 / 16 - 0.99 / 16, 1 / 16, 1]),
        ("biased", SOLVED, [0, 0.5 / 16, 1]),
    ],
)
def test_by_hand(paid: Any, name: str, lines: list[str], expected: list[float]) -> None:
    total, episode = paid(name, lines)
    assert episode.features["tests_passed"][0] == 15
    assert episode.features["tests_total"][0] == 16
    assert total == pytest.approx(expected)


def test_weights_favour_the_hard_test(paid: Any) -> None:
    total, episode = paid("weighted", AT_ONCE)
    (weighted,) = episode.next_features["tests_weighted"]
    assert total == pytest.approx([0.5 * weighted])
    assert weighted < 15 / 16  # the one that fails is harder than the mean


def test_verpo_pays_the_hard_test_more_over_a_group(build: Any, pay_group: Any) -> None:
    # One bug, 16 tests, one of which fails at first: mended, run and handed in by the first
    # episode, handed in as it was by the second. Of the four turns 15 tests pass in all, the
    # hard one in two: rates 1 and 1/2, five widths apart, so that each counts the others' kind
    # with exp(-5^2/2).
    far = math.exp(-12.5)
    easy = math.exp(-1.0) / (15 + far + 1e-6)
    hard = math.exp(-0.5) / (1 + 15 * far + 1e-6)
    formula = named_rewards(find_entry("rewardsmith/CodeRepair-v0"))["verpo"].data["formula"]
    solved, given_up = pay_group(formula, build(), [SOLVED, AT_ONCE])
    all_but_one, every = 0.5 * 15 * easy, 0.5 * (15 * easy + hard)
    assert solved == pytest.approx([all_but_one, every, 1 + every])
    assert given_up == pytest.approx([all_but_one])
    assert hard > 15 * easy  # the rare one outweighs the mass of easy ones


def test_breaking_and_mending_farms_the_biased_one(paid: Any) -> None:
    lines = ["replace shop/rates.py 6: X", "run tests", "replace shop/rates.py 6: SHIPPING = 490"]
    total, _ = paid("biased", [*lines, "run tests"])
    assert total[1] == 0
    assert total[3] > 0
    assert sum(total) > 0
