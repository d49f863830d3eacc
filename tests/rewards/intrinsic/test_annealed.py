from __future__ import annotations

from typing import Any

import pytest

from rewardsmith import RewardStack
from rewardsmith.errors import ConfigError


@pytest.mark.parametrize(
    ("term", "half", "late"),
    [
        ("annealed(x, steps=100)", 0.5, 0.0),
        ("annealed(x, steps=100, shape='cosine')", 0.5, 0.0),
        ("pies(x, steps=100)", 0.5, 0.0),
    ],
)
def test_the_weight_falls_to_nothing(
    bind: Any, rows: Any, term: str, half: float, late: float
) -> None:
    stack = bind(term)
    paid = []
    for clock in (0, 50, 100, 1000):
        stack.clock.steps = clock
        paid.append(float(stack.step(rows([8, 0])).total[0]))
    assert paid == pytest.approx([8.0, 8 * half, late, late])


def test_the_promise() -> None:
    assert RewardStack.parse("env + annealed(x, steps=10)").guarantee == "asymptotic"
    assert RewardStack.parse("env + annealed(rnd(), steps=10)").guarantee == "asymptotic"
    assert RewardStack.parse("annealed(env, steps=10)").guarantee == "biased"


def test_wrong_options_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"steps of annealed is a finite number > 0"):
        RewardStack.parse("annealed(x, steps=0)")
    with pytest.raises(ConfigError, match=r"Did you mean 'linear'"):
        RewardStack.parse("annealed(x, shape='liner')")
