"""Which few steps break a reward: the fit that leaves as little as possible on as few as it can.

Least squares spreads one fault over the whole table. The least sum of absolute residuals leaves
it where it is paid. By iteratively reweighted least squares (Schlossmacher 1973).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from rewardsmith.rewards.audit.exact import Exact
from rewardsmith.transition import Floats

#: larger tables keep their least squares; rounds of reweighting
LARGEST, ROUNDS = 5_000, 40


def sharpened(exact: Exact) -> Exact:
    """The same table with the fit of c = 1 and the Phi that leaves the least absolute sum.

    A proof's fit, and that of a table of more than `LARGEST` states, stays as it is.
    """
    table, fit = exact.table, exact.fit
    if fit.fits or table.states > LARGEST:
        return exact
    rows = np.unique(table.row)
    columns = np.flatnonzero(~table.terminal)
    target = (exact.proxy - exact.own).ravel()[rows]
    found = _least_absolute(_basis(exact)[rows][:, columns], target)
    potential = np.zeros(table.states)
    potential[columns] = found
    residual = np.zeros(exact.own.size)
    residual[rows] = target - _basis(exact)[rows] @ potential
    sharp = replace(fit, scale=1.0, potential=potential, residual=residual.reshape(exact.own.shape))
    return replace(exact, fit=sharp)


def _basis(exact: Exact) -> sparse.csr_matrix:
    """Row (s, a), column x: what Phi(x) = 1 pays in expectation."""
    rows = np.arange(exact.own.size)
    here = sparse.csr_matrix(
        (np.ones(len(rows)), (rows, rows // exact.table.actions)), shape=exact.moves.shape
    )
    return (exact.gamma * exact.moves - here).tocsr()


def _least_absolute(basis: sparse.csr_matrix, target: Floats) -> Floats:
    """The coefficients that leave the least sum of absolute residuals."""
    size = max(float(np.abs(target).max(initial=0.0)), 1e-300)
    weights, found = np.ones(len(target)), np.zeros(basis.shape[1])
    ridge = 1e-12 * sparse.identity(basis.shape[1])
    for round_ in range(ROUNDS):
        weighted = sparse.diags(weights) @ basis
        found = splu((basis.T @ weighted + ridge).tocsc()).solve(weighted.T @ target)
        rest = target - basis @ found
        # The floor halves every round: early ones look far, late ones settle on zeros.
        floor = size * max(1e-9, 0.5**round_)
        weights = 1.0 / np.hypot(rest, floor)
        weights /= weights.max()
    return _tidied(basis, target, found, size)


def _tidied(basis: sparse.csr_matrix, target: Floats, found: Floats, size: float) -> Floats:
    """With what is nearly nothing set to 0, if that leaves no more."""
    clean = np.where(np.abs(found) < 1e-2 * size, 0.0, found)
    left, cleaned = (np.abs(target - basis @ x).sum() for x in (found, clean))
    return clean if cleaned <= left * (1 + 1e-3) else found
