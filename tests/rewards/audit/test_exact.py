"""The exact path on small MDPs whose answers are worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rewardsmith.rewards.audit.causes import find_cause
from rewardsmith.rewards.audit.exact import judge, share
from rewardsmith.rewards.audit.farming import loop_of
from rewardsmith.rewards.audit.order import fit_order
from rewardsmith.rewards.audit.result import Verdict
from rewardsmith.rewards.audit.solve import Solver
from rewardsmith.rewards.audit.table import Table
from rewardsmith.rewards.tabular import TabularMDP

GAMMA = 0.5
#: a corridor 0 - 1 - 2, 2 is terminal and pays 1; action 0 goes left, 1 right
PHI = np.array([3.0, -1.0, 7.0])
#: a potential of a world with two ends, 2 and 3
FOUR = np.array([3.0, -1.0, 7.0, 2.0])


def corridor(extra: Any = lambda s, a, n: 0.0, *, scale: float = 1.0) -> Table:
    """The corridor with `extra(s, a, s')` paid beside `scale` times its own reward."""
    edges = [(0, 0, 0), (0, 1, 1), (1, 0, 0), (1, 1, 2)]
    s, a, after = np.array(edges).T
    own = (after == 2).astype(float)
    paid = scale * own + np.array([extra(*e) for e in edges])
    ends = np.array([False, False, True])
    return Table(2, s, a, after, np.ones(4), own, paid, ends, np.array([1.0, 0.0, 0.0]))


def potential() -> Any:
    """Shaping with PHI, 0 at the end."""
    phi = PHI * [1, 1, 0]
    return lambda s, a, n: GAMMA * phi[n] - phi[s]


def test_values_of_the_corridor() -> None:
    solver = Solver(corridor(), GAMMA)
    values, q = solver.optimal(corridor().expected(corridor().reward))
    # V(1) = 1, V(0) = 0.5 V(1); going left from 1 is worth 0.5 V(0) = 0.25.
    assert values == pytest.approx([0.5, 1.0, 0.0])
    assert q == pytest.approx(np.array([[0.25, 0.5], [0.25, 1.0], [0.0, 0.0]]))
    assert solver.best_actions(q)[:2].tolist() == [[False, True], [False, True]]


@pytest.mark.parametrize("seed", range(20))
def test_values_are_those_of_the_dense_solver(seed: int) -> None:
    mdp = TabularMDP.random(seed)
    table = Table.dense(mdp.dynamics, mdp.reward, mdp.reward, mdp.terminal)
    _, q = Solver(table, mdp.gamma).optimal(table.expected(table.reward))
    assert q == pytest.approx(mdp.q_values(), abs=1e-9)


def test_scale_and_potential_are_recovered() -> None:
    table = corridor(potential(), scale=2.5)
    fit = fit_order(table, GAMMA, table.expected(table.proxy))
    assert fit.fits
    assert fit.scale == pytest.approx(2.5)
    assert fit.potential == pytest.approx([3.0, -1.0, 0.0])
    assert judge(table, GAMMA).verdict == Verdict.INVARIANT


def test_a_reward_moved_between_successors_is_invariant() -> None:
    dynamics = np.zeros((3, 2, 3))
    dynamics[0, :, 1], dynamics[0, :, 2] = 0.5, 0.5
    dynamics[1, 0, 0], dynamics[1, 1, 2] = 1.0, 1.0
    own, paid = np.zeros((3, 2, 3)), np.zeros((3, 2, 3))
    own[1, 1, 2] = paid[1, 1, 2] = 1.0
    paid[0, :, 1], paid[0, :, 2] = 4.0, -4.0  # 0 on average
    table = Table.dense(dynamics, own, paid, np.array([False, False, True]))
    assert judge(table, 0.9).verdict == Verdict.INVARIANT


@pytest.mark.parametrize(
    ("extra", "name"),
    [
        (lambda s, a, n: 0.45 * FOUR[n] * (n < 2) - FOUR[s], "OTHER GAMMA"),
        (lambda s, a, n: GAMMA * FOUR[n] - FOUR[s], "TERMINAL POTENTIAL"),
        (lambda s, a, n: -10.0 * (n == 2), "TERMINAL BONUS"),
        (lambda s, a, n: 0.7 * (a == 0), "ACTION BONUS"),
    ],
)
def test_faults_are_never_invariant_in_a_world_with_a_choice_of_ends(extra: Any, name: str) -> None:
    edges = [(0, 0, 0), (0, 1, 1), (1, 0, 0), (1, 1, 2), (0, 2, 3), (1, 2, 3)]
    s, a, after = np.array(edges).T
    own = (after == 2) + 0.1 * (after == 3)

    paid = own + np.array([extra(*e) for e in edges])
    ends = np.array([False, False, True, True])
    start = np.array([1.0, 0.0, 0.0, 0.0])
    table = Table(3, s, a, after, np.ones(6), own, paid, ends, start)
    exact = judge(table, GAMMA)
    assert exact.verdict != Verdict.INVARIANT
    cause = find_cause(exact)
    assert cause is not None
    assert cause.name == name


def test_reversed_and_lost_tasks_are_named() -> None:
    turned, lost = corridor(scale=-1.0), corridor(potential(), scale=0.0)
    for table, name in ((turned, "REVERSED"), (lost, "TASK LOST")):
        exact = judge(table, GAMMA)
        assert (exact.verdict, exact.regret) == (Verdict.CHANGED, pytest.approx(1.0))
        cause = find_cause(exact)
        assert cause is not None
        assert cause.name == name


def test_a_bonus_for_staying_is_farmed_in_a_loop() -> None:
    # Staying at 0 for ever pays 0.7 / (1 - 0.5) = 1.4, the goal at most 1.
    table = corridor(lambda s, a, n: 0.7 * (a == 0))
    exact = judge(table, GAMMA)
    assert (exact.verdict, exact.regret) == (Verdict.CHANGED, pytest.approx(1.0))
    loop = loop_of(table, exact.policy)
    assert loop is not None
    assert (loop.states, loop.actions, loop.path) == ([0], [0], [])
    assert (loop.paid, loop.own) == (pytest.approx(0.7), 0.0)


def test_a_small_bonus_keeps_the_optimum() -> None:
    # At 0, staying pays 0.1 / (1 - 0.5) = 0.2 against 0.5 for the goal; at 1, 0.1 + 0.25 < 1.
    exact = judge(corridor(lambda s, a, n: 0.1 * (a == 0)), GAMMA)
    assert (exact.verdict, exact.regret) == (Verdict.OPTIMUM_KEPT, 0.0)


def test_the_worst_of_equal_actions_counts() -> None:
    # Paid nothing anywhere, every policy is optimal: the worst never reaches the goal.
    exact = judge(corridor(lambda s, a, n: -1.0 * (n == 2)), GAMMA)
    assert exact.regret == pytest.approx(1.0)
    assert exact.regret_best == pytest.approx(0.0)


def test_a_potential_dropped_at_time_limits_shows_only_there() -> None:
    table = corridor(potential())
    dropped = np.where(table.terminal[table.after], table.proxy, table.reward - PHI[table.s])
    exact = judge(table.with_proxy(table.proxy, dropped), GAMMA, limit=4)
    assert exact.verdict != Verdict.INVARIANT
    cause = find_cause(exact)
    assert cause is not None
    assert cause.name == "TIMEOUT AS TERMINAL"
    ended = judge(table.with_proxy(table.proxy, dropped), GAMMA, bootstraps=False, limit=4)
    assert ended.verdict == Verdict.INVARIANT


@pytest.mark.parametrize(
    ("best", "got", "worst", "lost"), [(2, 1, 0, 0.5), (1, 1, 1, 0), (1, 0, -1, 0.5), (3, 0, 0, 1)]
)
def test_regret_is_a_share_of_what_there_was_to_lose(
    best: float, got: float, worst: float, lost: float
) -> None:
    assert share(best, got, worst) == pytest.approx(lost)
