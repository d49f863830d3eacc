"""Several rewards, each normalised within the group before they are added."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rewardsmith import checks
from rewardsmith.errors import ConfigError
from rewardsmith.registry import register_term
from rewardsmith.transition import Floats, Transition

from .base import GroupNormaliser, at_least


@register_term("gdpo")
class Gdpo(GroupNormaliser):
    """Pays sum_k w_k (R_k - mean_k) / (std_k + epsilon), each term normalised on its own.

    GDPO (arXiv 2601.05242): totals R_k of each term over the group's episodes, sample standard
    deviation, epsilon 1e-4. Read in the authors' code (NVlabs/GDPO, the GRPO trainer of its TRL
    0.18), not in the paper, whose equation numbers are unknown to us. Adding first and normalising
    then would let different combinations of rewards collapse into one advantage. The last step,
    whitening over the batch, needs other groups and is left to the trainer. A term that is equal
    throughout the group gives 0; so does a group of one.

    Args:
        terms: one or more terms.
        weights: one per term; () is 1 each.
        epsilon: added to the standard deviation, above 0.
    """

    def __init__(self, *terms: Any, weights: tuple[float, ...] = (), epsilon: float = 1e-4) -> None:
        at_least(terms, 1, "gdpo", "gdpo(T1, T2, weights=(1, 0.5))")
        super().__init__(terms)
        self._weights = weights_of(weights, len(terms), "gdpo")
        self._epsilon = checks.number("epsilon of gdpo", epsilon, above=0, write="epsilon=1e-4")

    def compare(self, totals: Floats, episodes: Sequence[Transition]) -> Floats:
        """The weighted sum of normalised totals."""
        if len(episodes) < 2:
            return np.zeros(len(episodes))
        centred = totals - totals.mean(axis=1, keepdims=True)
        spread = totals.std(axis=1, ddof=1, keepdims=True) + self._epsilon
        return np.asarray(self._weights @ (centred / spread))


def weights_of(weights: Any, n: int, who: str) -> Floats:
    """One weight per term; () is 1 each.

    Raises:
        ConfigError: another number of weights, or one that is no finite number.
    """
    given = tuple(weights) if isinstance(weights, tuple | list) else (weights,)
    if given and len(given) != n:
        raise ConfigError(
            f"{who} has one weight per term. Received {len(given)} for {n} terms; write "
            f"weights=({', '.join(['1'] * n)})."
        )
    found = [checks.number(f"each of the weights of {who}", w) for w in given]
    return np.array(found or [1.0] * n)
