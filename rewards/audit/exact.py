"""The exact verdict on a table: order fit, optimal actions and regret (check 4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from rewardsmith.rewards.audit.order import UNCLEAR, Fit, fit_order
from rewardsmith.rewards.audit.result import Verdict
from rewardsmith.rewards.audit.solve import NotSolved, Solver
from rewardsmith.rewards.audit.table import Table
from rewardsmith.transition import Bools, Floats, Ints

#: regret below which the optimum counts as kept, and above which it does not
REGRET, LOST = 1e-10, 1e-8


@dataclass(frozen=True)
class Exact:
    """The solved table.

    Args:
        table: the MDP.
        gamma: the learner's discount.
        verdict: INVARIANT, OPTIMUM KEPT or CHANGED.
        fit: the order fit.
        own, proxy: expected rewards of shape (S, A), as the learner lives them: with the
            chance of a time limit where the audited reward pays otherwise there.
        moves: P(s' | s, a), shape (S*A, S), likewise.
        values, proxy_values: optimal V under each, shape (S,).
        best, proxy_best: optimal actions under each, shape (S, A).
        policy: the worst of the audited reward's optimal policies, shape (S,).
        policy_values: what that policy earns of the env's own reward, shape (S,).
        regret: share of the return lost by it, from the start.
        regret_best: the same for the best of the audited reward's optimal policies.
    """

    table: Table
    gamma: float
    verdict: Verdict
    fit: Fit
    own: Floats
    proxy: Floats
    moves: sparse.csr_matrix
    values: Floats
    proxy_values: Floats
    best: Bools
    proxy_best: Bools
    policy: Ints
    policy_values: Floats
    regret: float
    regret_best: float

    @property
    def differs(self) -> Bools:
        """States where an action that the audited reward calls best is not best, shape (S,)."""
        found: Bools = (self.proxy_best & ~self.best).any(axis=1) & ~self.table.terminal
        return found


def judge(table: Table, gamma: float, *, bootstraps: bool = True, limit: int = 200) -> Exact:
    """Solve the table under both rewards.

    Args:
        table: the MDP with both rewards.
        gamma: discount in (0, 1).
        bootstraps: whether the learner values the state at a time limit.
        limit: steps to the time limit; where the audited reward pays otherwise at one, a limit
            is taken to strike with chance 1/limit on every step.

    Raises:
        NotSolved: policy iteration did not come to rest, or what tells the verdicts apart is
            too small a part of the rewards.
    """
    own, proxy, moves = lived(table, bootstraps, limit)
    fit = fit_order(table, gamma, proxy, reward=own, moves=moves)
    solver = Solver(table, gamma, moves)
    values, q = solver.optimal(own)
    proxy_values, proxy_q = solver.optimal(proxy)
    best, proxy_best = solver.best_actions(q), solver.best_actions(proxy_q)
    minus, worst_q = solver.optimal(-own, proxy_best)
    policy = np.where(proxy_best, worst_q, -np.inf).argmax(axis=1)
    lowest = float(-solver.optimal(-own)[0] @ table.start)
    highest = float(values @ table.start)
    lucky = float(solver.optimal(own, proxy_best)[0] @ table.start)
    regret = share(highest, float(-minus @ table.start), lowest)
    verdict = _verdict(fit, regret)
    return Exact(
        table, gamma, verdict, fit, own, proxy, moves, values, proxy_values, best, proxy_best,
        policy, -minus, 0.0 if fit.fits else regret, share(highest, lucky, lowest),
    )  # fmt: skip


def _verdict(fit: Fit, regret: float) -> Verdict:
    if fit.fits:
        return Verdict.INVARIANT
    if fit.scale > 0 and not fit.pure and fit.worst <= UNCLEAR:
        raise NotSolved(
            f"what no potential explains is {fit.worst:.1g} of the largest reward, which may be a "
            "fault or rounding; bring the rewards onto one scale, in double precision"
        )
    if REGRET < regret <= LOST:
        raise NotSolved(
            f"its optimal policy loses {regret:.1g} of the return between the worst and the best, "
            "which may be a fault or rounding; bring the rewards onto one scale"
        )
    return Verdict.OPTIMUM_KEPT if regret <= REGRET else Verdict.CHANGED


def share(highest: float, reached: float, lowest: float) -> float:
    """(best - reached) / (best - worst), in [0, 1]; 0 where all policies earn the same."""
    room = highest - lowest
    if room <= 1e-12 * max(1.0, abs(highest), abs(lowest)):
        return 0.0
    return float(np.clip((highest - reached) / room, 0.0, 1.0))


def lived(table: Table, bootstraps: bool, limit: int) -> tuple[Floats, Floats, sparse.csr_matrix]:
    """Expected own and audited rewards (S, A) and the dynamics, as the learner lives them."""
    if table.cut is None:
        return table.expected(table.reward), table.expected(table.proxy), table.moves()
    chance = 1.0 / limit
    proxy = table.expected((1 - chance) * table.proxy + chance * table.cut)
    # A learner that takes a time limit for the end sees a process that may stop at any step.
    goes_on = np.where(table.terminal[table.after], 1.0, 1.0 if bootstraps else 1 - chance)
    return table.expected(table.reward), proxy, table.moves(goes_on)
