"""A short version of the benchmark: 20 worlds of each kind, with the same requirements."""

from __future__ import annotations

import numpy as np
import pytest

from rewardsmith.benchmarks.audit import truth
from rewardsmith.benchmarks.audit.confusion import one, summary
from rewardsmith.benchmarks.audit.kinds import KINDS
from rewardsmith.benchmarks.audit.worlds import World, with_phases, world

CASES = 20


@pytest.mark.parametrize("kind", KINDS)
def test_verdicts_and_regret_are_true(kind: str) -> None:
    found = summary([one(kind, case) for case in range(CASES)])
    assert found["wrong"] == []
    assert ("INVARIANT" in found["verdicts"]) is not KINDS[kind].faulty


def corridor(reward: float = 1.0) -> World:
    """0 - 1 - 2, 2 ends the episode and pays; action 0 goes left, 1 right; gamma .5."""
    dynamics = np.zeros((3, 2, 3))
    dynamics[[0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 0, 1], [0, 1, 0, 2, 2, 2]] = 1.0
    paid = np.zeros((3, 2, 3))
    paid[:, :, 2] = reward
    ends = np.array([False, False, True])
    return World(dynamics, paid, ends, np.array([1.0, 0, 0]), 0.5, np.array([2.0, 1, 0]))


def test_the_truth_about_a_corridor() -> None:
    w = corridor()
    own = truth.expected(w, w.reward)
    # V(1) = 1, V(0) = .5; left from 1 is worth .25.
    values, q = truth.optimum(w, own)
    assert values == pytest.approx([0.5, 1, 0])
    assert q[:2] == pytest.approx(np.array([[0.25, 0.5], [0.25, 1]]))
    assert truth.regret(w, own) == 0.0
    assert truth.regret(w, -own) == 1.0
    # .7 for each step left: staying at 0 is worth 1.4.
    left = own + np.array([[0.7, 0], [0.7, 0], [0, 0]])
    assert truth.regret(w, left) == pytest.approx(1.0)
    assert truth.disorder(w, left, seed=0) > 0.01
    assert truth.disorder(w, -own, seed=0) == 1.0
    shaped = truth.expected(w, 3 * w.reward + w.shaping(np.array([2.0, -1.0, 5.0])))
    assert truth.disorder(w, shaped, seed=0) < 1e-14


def test_distances_and_clocks() -> None:
    w = with_phases(world(1), 2)
    n = len(w.terminal) // 2
    assert w.dynamics[:n, :, :n].sum() == 0  # a step always turns the clock
    assert w.dynamics.sum(axis=2) == pytest.approx(1.0)
    ends = w.terminal
    assert (w.distance[ends] == 0).all()
    assert w.distance[~ends].min() == 1
