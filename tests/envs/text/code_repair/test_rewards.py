"""The named rewards, on episodes whose terms are worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest


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


def test_breaking_and_mending_farms_the_biased_one(paid: Any) -> None:
    lines = ["replace shop/rates.py 6: X", "run tests", "replace shop/rates.py 6: SHIPPING = 490"]
    total, _ = paid("biased", [*lines, "run tests"])
    assert total[1] == 0
    assert total[3] > 0
    assert sum(total) > 0
