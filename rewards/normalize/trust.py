"""A reward for thinking that counts as far as it tells right from wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rewardsmith import checks
from rewardsmith.registry import register_term
from rewardsmith.transition import Floats, Transition

from .base import GroupNormaliser


@register_term("trust")
class Trust(GroupNormaliser):
    """Pays a term's totals, less where it prefers the group's wrong episodes to its right ones.

    Trust-GRPO of SophiaVL-R1 (arXiv 2505.17018): the thinking reward is weighted by gamma = 1 if
    mu_c >= mu_w, else exp(mu_c - mu_w), with mu_c and mu_w its means over the correct and the
    wrong episodes of the group, and annealed by exp(-steps / T). As released, a group that is all
    correct or all wrong is paid 0, since nothing tells there whether the reward can be trusted.

    Args:
        child: the reward for thinking.
        success: a condition, read at the last state of an episode.
        steps: T of the annealing, in env steps of the training clock; 0 is none. Evaluation does
            not move the clock.
    """

    def __init__(self, child: Any, success: Any, *, steps: int = 0) -> None:
        super().__init__([child], [success])
        self._steps = checks.whole("steps of trust", steps, least=0, write="steps=100000")

    def compare(self, totals: Floats, episodes: Sequence[Transition]) -> Floats:
        """The totals, weighted."""
        return np.asarray(totals[0] * self.weight(totals[0], self.holds(episodes)))

    def weight(self, totals: Floats, correct: np.ndarray[Any, np.dtype[np.bool_]]) -> float:
        """gamma times the annealing, in [0, 1]."""
        if correct.all() or not correct.any():
            return 0.0
        gap = float(totals[correct].mean() - totals[~correct].mean())
        faded = np.exp(-self.binding.clock.steps / self._steps) if self._steps else 1.0
        return float(np.exp(min(gap, 0.0)) * faded)
