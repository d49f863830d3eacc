"""What answers tell: Bayes' rule and Shannon's entropies over a few things, in bits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def entropy(p: Array) -> float:
    """-sum p log2 p of probabilities p of shape (n,), between 0 and log2(n)."""
    known = p[p > 0]
    return max(0.0, float(-(known * np.log2(known)).sum()))


def updated(p: Array, likelihood: Array) -> Array:
    """Bayes: p times the `likelihood` of what was heard, (n,), scaled to the sum 1.

    What was heard must be possible for some thing, so that the sum is not 0.
    """
    joint = p * likelihood
    return np.asarray(joint / joint.sum())


def expected_gain(p: Array, likelihoods: Array) -> float:
    """The mutual information of thing and answer, in bits.

    Args:
        p: probabilities of n things, shape (n,).
        likelihoods: P(answer | thing), shape (answers, n); columns sum to 1.
    """
    heard = likelihoods @ p
    pairs = zip(heard, likelihoods, strict=True)
    left = sum(float(h) * entropy(updated(p, row)) for h, row in pairs if h > 0)
    return max(0.0, entropy(p) - left)
