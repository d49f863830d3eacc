"""The exact order test: does the audited reward rank every two policies as the env's own does?

Ng, Harada and Russell 1999 (theorem 1, both ways): it does whatever the dynamics if and only if
E[R'] = c E[R] + gamma E[Phi(s')] - Phi(s) for some c > 0 and Phi with Phi(terminal) = 0.
Both sides are expectations over s', so a redistribution over s' passes, as it should.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from rewardsmith.rewards.audit.table import Table
from rewardsmith.transition import Bools, Floats

#: largest residual, relative to the rewards, that rounding may leave
TOLERANCE = 1e-12
#: residuals between the two can be rounding of the env's own (single precision), or a fault
UNCLEAR = 1e-8


@dataclass(frozen=True)
class Fit:
    """The least-squares fit of `c` and `Phi`.

    Args:
        scale: c.
        potential: Phi, shape (S,), 0 at terminal states (unless fitted there too).
        residual: shape (S, A), what no potential explains; 0 for terminal states.
        worst: the largest residual relative to the largest reward.
        fits: whether `worst` is within rounding and c is positive.
        pure: whether the env's own reward left no trace (c = 0, or undetermined).
    """

    scale: float
    potential: Floats
    residual: Floats
    worst: float
    fits: bool
    pure: bool = False


def fit_order(
    table: Table,
    gamma: float,
    proxy: Floats,
    *,
    reward: Floats | None = None,
    moves: sparse.csr_matrix | None = None,
    keep: Bools | None = None,
    at_terminals: bool = False,
    tolerance: float = TOLERANCE,
) -> Fit:
    """Fit c and Phi to expected rewards.

    Args:
        table: the MDP.
        gamma: the discount inside the potential difference.
        proxy, reward: expected rewards of shape (S, A); the env's own if `reward` is None.
        moves: P(s' | s, a) of shape (S*A, S); the table's own if None.
        keep: shape (S, A), the rows to fit; all that have an edge if None.
        at_terminals: also fit Phi at terminal states, which a sound shaping keeps at 0.
        tolerance: largest residual that counts as none, relative to the largest reward.
    """
    own = table.expected(table.reward) if reward is None else reward
    rows = _rows(table, keep)
    columns = np.flatnonzero(~table.terminal | at_terminals)
    basis = _basis(table, gamma, moves, at_terminals)[rows][:, columns]
    project = _Projection(basis)
    phi_r, rest_r = project(own.ravel()[rows])
    phi_p, rest_p = project(proxy.ravel()[rows])
    size = max(1e-300, float(np.abs(proxy).max()), float(np.abs(own).max()))
    scale, traced = _scale(rest_r, rest_p, size)
    residual = np.zeros(table.states * table.actions)
    residual[rows] = rest_p - scale * rest_r
    potential = np.zeros(table.states)
    potential[columns] = phi_p - scale * phi_r
    worst = float(np.abs(residual).max(initial=0.0)) / size
    # If nothing depends on the policy in either reward, any c > 0 will do.
    nothing = not traced and float(np.abs(rest_p).max(initial=0.0)) <= tolerance * size
    fits = worst <= tolerance and (scale > tolerance if traced else nothing)
    pure = traced and abs(scale) <= tolerance
    return Fit(scale, potential, residual.reshape(own.shape), worst, fits, pure)


def _scale(rest_r: Floats, rest_p: Floats, size: float) -> tuple[float, bool]:
    """c, and whether the env's own reward tells policies apart at all."""
    traced = float(np.abs(rest_r).max(initial=0.0)) > TOLERANCE * size
    return (float(rest_r @ rest_p / (rest_r @ rest_r)) if traced else 1.0), traced


def _rows(table: Table, keep: Bools | None) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    some = np.zeros((table.states, table.actions), dtype=bool)
    some[table.s, table.a] = True
    return np.flatnonzero(some if keep is None else some & keep)


def _basis(
    table: Table, gamma: float, moves: sparse.csr_matrix | None, at_terminals: bool
) -> sparse.csr_matrix:
    """Row (s, a), column x: what Phi(x) = 1 pays in expectation."""
    after = gamma * (table.moves() if moves is None else moves)
    if not at_terminals:
        after = after @ sparse.diags((~table.terminal).astype(float))
    ones = np.ones(table.states * table.actions)
    rows = np.arange(len(ones))
    here = sparse.csr_matrix((ones, (rows, rows // table.actions)), shape=after.shape)
    return (after - here).tocsr()


class _Projection:
    """Least squares by the normal equations, refined once."""

    def __init__(self, basis: sparse.csr_matrix) -> None:
        self.basis = basis
        normal = (basis.T @ basis).tocsc()
        # A column without any edge (an unreached terminal) must not make it singular.
        lonely = (normal.diagonal() == 0).astype(float)
        self._factor = splu(normal + sparse.diags(lonely + 1e-13 * normal.diagonal()).tocsc())

    def __call__(self, target: Floats) -> tuple[Floats, Floats]:
        """Coefficients and residual."""
        found = np.zeros(self.basis.shape[1])
        rest = target.astype(float)
        for _ in range(3):
            found = found + self._factor.solve(self.basis.T @ rest)
            rest = target - self.basis @ found
        return found, rest
