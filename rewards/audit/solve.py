"""Exact solutions of sparse finite MDPs: policy iteration, each evaluation one linear solve."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from rewardsmith.rewards.audit.table import Table
from rewardsmith.transition import Bools, Floats, Ints

#: relative slack within which two action values count as equal
SLACK = 1e-11
_SWEEPS, _ROUNDS = 200, 500


class NotSolved(Exception):
    """Policy iteration did not come to rest."""


class Solver:
    """Solves one MDP under any reward.

    Args:
        table: the MDP.
        gamma: discount in (0, 1).
        moves: P(s' | s, a) of shape (S*A, S); the table's own if None. Rows may sum to less
            than 1 where an episode may end.
    """

    def __init__(self, table: Table, gamma: float, moves: sparse.csr_matrix | None = None) -> None:
        self.table, self.gamma = table, gamma
        self.moves = table.moves() if moves is None else moves
        self._open = ~table.terminal
        self._shape = (table.states, table.actions)
        self._some = np.zeros(self._shape, dtype=bool)
        self._some[table.s, table.a] = True

    def q_of(self, paid: Floats, values: Floats) -> Floats:
        """Action values, shape (S, A), of `paid` (S, A) and successor values (S,)."""
        live = np.where(self._open, values, 0.0)
        q = paid + self.gamma * (self.moves @ live).reshape(self._shape)
        return np.where(self._open[:, None], q, 0.0)

    def values_of(self, policy: Ints, paid: Floats) -> Floats:
        """V of a deterministic policy (S,), exactly; terminal states are 0."""
        return self._evaluate(self._rows(policy), paid[np.arange(len(policy)), policy])

    def optimal(self, paid: Floats, allowed: Bools | None = None) -> tuple[Floats, Floats]:
        """Optimal V (S,) and Q (S, A) of `paid` (S, A), by Howard's policy iteration (1960).

        Args:
            paid: expected reward of each (s, a).
            allowed: shape (S, A), the actions that may be taken; all if None.

        Raises:
            NotSolved: it did not come to rest in 500 rounds.
        """
        barred = ~self._some if allowed is None else ~(allowed & self._some)
        barred &= ~barred.all(axis=1, keepdims=True)
        values = self._warm(paid, barred)
        policy = self._greedy(self.q_of(paid, values), barred)
        for _ in range(_ROUNDS):
            values = self.values_of(policy, paid)
            q = self.q_of(paid, values)
            best = np.where(barred, -np.inf, q).max(axis=1)
            slack = 1e-11 * max(1.0, float(np.abs(values).max(initial=0.0)))
            better = best > values + slack
            if not (better & self._open).any():
                return values, q
            policy = np.where(better, self._greedy(q, barred), policy)
        raise NotSolved(f"policy iteration did not come to rest in {_ROUNDS} rounds")

    def best_actions(self, q: Floats) -> Bools:
        """The actions within slack of the best, shape (S, A)."""
        shown = np.where(self._some, q, -np.inf)
        top = shown.max(axis=1, keepdims=True)
        top = np.where(np.isfinite(top), top, 0.0)
        scale = max(1e-12, float(np.abs(q).max(initial=0.0)))
        best: Bools = shown >= top - SLACK * scale
        return best

    def _warm(self, paid: Floats, barred: Bools) -> Floats:
        """A few sweeps of value iteration: far fewer exact rounds are left to do."""
        values = np.zeros(self._shape[0])
        for _ in range(_SWEEPS):
            values = np.where(barred, -np.inf, self.q_of(paid, values)).max(axis=1)
            values = np.where(self._open, values, 0.0)
        return values

    def _greedy(self, q: Floats, barred: Bools) -> Ints:
        chosen: Ints = np.where(barred, -np.inf, q).argmax(axis=1)
        return chosen

    def _rows(self, policy: Ints) -> sparse.csr_matrix:
        rows = np.arange(len(policy)) * self._shape[1] + policy
        return self.moves[rows]

    def _evaluate(self, moves: sparse.csr_matrix, paid: Floats) -> Floats:
        live = sparse.diags(self._open.astype(float))
        system = sparse.identity(self._shape[0]) - self.gamma * (live @ moves @ live)
        gains = np.where(self._open, paid, 0.0)
        values: Floats = splu(system.tocsc()).solve(gains)
        return values
