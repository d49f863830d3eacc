"""Rewards redistributed over the turns of an episode so that they sum to the episode's."""

from __future__ import annotations

import numpy as np

from rewardsmith.errors import ConfigError
from rewardsmith.transition import Floats


def redistribute(total: float, contributions: Floats) -> Floats:
    """Turn rewards r_t = c_t + (R - sum c) / T, which sum to R.

    The return equivalence that redistribution rests on (RUDDER, arXiv 1806.07857; SPA's c_t are
    a progress head's, arXiv 2505.20732): the policies that are optimal stay so for gamma = 1. A
    head that is off by a constant is put right; one that ranks turns wrongly is not.

    Args:
        total: R, the episode's reward.
        contributions: c_t, shape (T,), T >= 1.

    Returns:
        Shape (T,).

    Raises:
        ConfigError: no turns, or numbers that are not finite.

    >>> redistribute(2.0, np.array([0.5, 1.0])).tolist()
    [0.75, 1.25]
    """
    given = np.asarray(contributions, dtype=np.float64)
    if given.ndim != 1 or not len(given) or not np.isfinite([total, *given]).all():
        raise ConfigError(
            "redistribute takes a finite total and finite contributions of shape (T,), T >= 1. "
            f"Received {total!r} and {contributions!r}."
        )
    return np.asarray(given + (total - given.sum()) / len(given))
