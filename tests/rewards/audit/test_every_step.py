"""What is said of a constant on every step, by what the env itself pays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rewardsmith.rewards.audit.causes import Cause, find_cause
from rewardsmith.rewards.audit.exact import judge
from rewardsmith.rewards.audit.report_maps import _range
from rewardsmith.rewards.audit.run import audit
from rewardsmith.rewards.audit.table import Table


def cause(own: Any, paid: Any) -> Cause:
    """Of a corridor 0 - 1 - end, gamma 0.9; rewards of (0, back), (0, on), (1, back), (1, on)."""
    s, a, after = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([0, 1, 0, 2])
    ends, start = np.array([False, False, True]), np.array([1.0, 0.0, 0.0])
    own, paid = np.array(own, dtype=float), np.array(paid, dtype=float)
    found = find_cause(judge(Table(2, s, a, after, np.ones(4), own, paid, ends, start), 0.9))
    assert found is not None
    return found


def test_bonus_beside_success() -> None:
    found = cause([0.5, 0, 0, 1], [1.5, 1, 1, 1])  # the step into the end is not paid more
    assert found.name == "ALIVE BONUS"
    assert "Every step that does not end the episode is paid 1 more" in found.sentence
    assert "far below 0.1 times the value of success" in found.remedy


def test_bonus_that_cancels_the_cost_of_a_step() -> None:
    found = cause([-1, -1, -3, -1], [0.5, 0.5, -1.5, 0.5])
    assert found.sentence.startswith("Every step is paid 1.5 more")
    assert "far below 1, the least that a step costs" in found.remedy
    assert "success" not in found.remedy


def test_bonus_beside_twice_the_cost() -> None:
    found = cause([-1, -1, -3, -1], [-1, -1, -5, -1])
    assert "paid 1 beside 2 times the env's own reward" in found.sentence
    assert "far below 2, the least that a step costs" in found.remedy


def test_bonus_where_only_an_end_costs() -> None:
    found = cause([0, 0, 0, -1], [1, 1, 1, 0])
    assert "nothing that the env itself pays is above 0" in found.remedy


def test_cost_is_paid_less() -> None:
    found = cause([-1, -1, -1, -1], [-2, -2, -2, -1])
    assert found.name == "STEP COST"
    assert "is paid 1 less, which favours shorter episodes" in found.sentence


@pytest.mark.parametrize(
    ("values", "shown"),
    [([8e-16, 14.0], (0.0, 14.0)), ([-3.0, 1e-13], (-3.0, 0.0)), ([1e-12, 3e-12], (1e-12, 3e-12))],
)
def test_range_of_a_map_has_no_rounding_in_it(values: Any, shown: tuple[float, float]) -> None:
    assert _range(np.array(values)) == shown


def test_distance_of_an_invariant_reward_is_explained() -> None:
    told = {
        reward: audit("FrozenLake-v1", reward=reward, episodes=8).check("distance")
        for reward in ("env", "env + potential(obs)", "env + 0.1")
    }
    assert told["env + potential(obs)"].values["dard"] > 0.1
    assert "DARD above 0 is no contradiction" in told["env + potential(obs)"].sentence
    assert "contradiction" not in told["env"].sentence + told["env + 0.1"].sentence
