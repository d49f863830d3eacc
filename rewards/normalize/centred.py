"""Rewards less the group's mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rewardsmith.errors import ConfigError, near_misses
from rewardsmith.registry import register_term
from rewardsmith.transition import Floats, Transition

from .base import GroupNormaliser

BASELINES = ("mean", "others")


@register_term("centred")
class Centred(GroupNormaliser):
    """Pays the term's rewards, and takes the group's mean total off on the last row.

    The baseline of GRPO (arXiv 2402.03300, section 4.1.1) without its division by the standard
    deviation, as in Dr. GRPO (arXiv 2503.20783); with baseline='others' that of RLOO (arXiv
    2402.14740): the mean of the other episodes. An episode's rewards then add up to R_i -
    baseline_i, each on the row where it fell. A group of one has no others: nothing is taken off.

    Args:
        child: the term.
        baseline: `mean` of the whole group, or of the `others`.
    """

    def __init__(self, child: Any, *, baseline: str = "mean") -> None:
        super().__init__([child])
        if baseline not in BASELINES:
            raise ConfigError(
                f"baseline of centred is one of {', '.join(BASELINES)}. Received {baseline!r}."
                f"{near_misses(str(baseline), BASELINES)}"
            )
        self._others = baseline == "others"

    def finish_group(self, episodes: Sequence[Transition]) -> list[Floats]:
        """The child's rewards, less the baseline on the last row."""
        paid = [np.array(v, np.float64) for v in self.children[0].finish_group(episodes)]
        for values, low in zip(paid, self._baselines(paid), strict=True):
            values[-1:] -= low
        return paid

    def _baselines(self, paid: list[Floats]) -> Floats:
        totals = np.array([v.sum() for v in paid])
        if not self._others:
            return np.full(len(totals), totals.mean())
        if len(totals) < 2:
            return np.zeros(len(totals))
        baselines: Floats = (totals.sum() - totals) / (len(totals) - 1)
        return baselines
