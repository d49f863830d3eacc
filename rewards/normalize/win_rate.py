"""The share of its group that an episode beats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rewardsmith import checks
from rewardsmith.language.inference import Givens, Interval
from rewardsmith.registry import register_term
from rewardsmith.term import Learner
from rewardsmith.transition import Floats, Transition

from .base import GroupNormaliser


@register_term("win_rate")
class WinRate(GroupNormaliser):
    """Pays the share of the group's other episodes whose total is lower, in [0, 1].

    Pref-GRPO (arXiv 2508.20751): w_i = 1 / (G - 1) sum_{j != i} 1(x_i preferred to x_j), where a
    pair that is not decided counts half. Read in the authors' code (CodeGoat24/Pref-GRPO,
    fastvideo/rewards/unifiedreward_think.py, `_pairwise_win_rate`), not in the paper, whose
    equation numbers are unknown to us. There a preference model compares pairs; here totals of a
    term do, and a tie is what is not decided. Small differences then are not blown up by a division
    by a small standard deviation. A group of one is paid 0.5.

    Args:
        child: the term.
        margin: totals that are no further apart are a tie.
    """

    def __init__(self, child: Any, *, margin: float = 0.0) -> None:
        super().__init__([child])
        self._margin = checks.number("margin of win_rate", margin, least=0, write="margin=0.01")

    def compare(self, totals: Floats, episodes: Sequence[Transition]) -> Floats:
        """Wins, and half the ties, over the number of others."""
        if len(episodes) < 2:
            return np.full(len(episodes), 0.5)
        gaps = totals[0][:, None] - totals[0][None, :]
        gaps = np.where(np.abs(gaps) <= self._margin, 0.0, gaps)
        points = 0.5 * (np.sign(gaps) + 1.0)
        paid: Floats = (points.sum(axis=1) - 0.5) / (len(episodes) - 1)
        return paid

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """[0, 1]."""
        self.children[0].bounds(givens, learner)
        return Interval(0.0, 1.0)
