"""Preference as reward: how surely a reward beats references."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rewardsmith import checks
from rewardsmith.language.inference import Givens, Interval
from rewardsmith.registry import register_term
from rewardsmith.rewards.expression import inferred
from rewardsmith.term import Learner
from rewardsmith.transition import Floats, Transition

from .base import GroupNormaliser


@register_term("par")
class Par(GroupNormaliser):
    """Pays the mean over references of sigmoid(k * (r - r_ref)), in [0, 1].

    PAR, "Reward Shaping to Mitigate Reward Hacking in RLHF" (arXiv 2502.18770): r_RL = 1/M sum_m
    sigmoid(k (r - r_ref,m)), with the rewards of M reference responses. Read in the authors' code
    (PorUna-byte/PAR, trainers/reward_shaper.py, `calculate_relative_sigmoid`; k is 1 and M at most
    10 there), not in the paper, whose equation numbers are unknown to us. r is the episode's total.
    Without references the group's other episodes serve (the same equation, another choice of
    references, ours); a group of one is then paid 0.5.

    Args:
        child: the term.
        references: expressions, the total reward of a reference response each, read at the last
            state; e.g. a feature of the environment, or a number.
        k: steepness.
    """

    def __init__(self, child: Any, *references: Any, k: float = 1.0) -> None:
        super().__init__([child], references)
        self._k = checks.number("k of par", k, above=0, write="k=1")

    def compare(self, totals: Floats, episodes: Sequence[Transition]) -> Floats:
        """The mean preference of each episode over its references."""
        mine = totals[0]
        if self.conditions:
            refs = np.array([[test(e)[-1] for test in self._tests] for e in episodes])
            return np.asarray(self._sigmoid(mine[:, None] - refs).mean(axis=1))
        if len(mine) < 2:
            return np.full(len(mine), 0.5)
        over = self._sigmoid(mine[:, None] - mine[None, :])
        paid: Floats = (over.sum(axis=1) - np.diag(over)) / (len(mine) - 1)
        return paid

    def _sigmoid(self, gap: Floats) -> Floats:
        # by tanh, which does not overflow
        return 0.5 + 0.5 * np.tanh(0.5 * self._k * gap)

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """[0, 1]."""
        for reference in self.conditions:
            inferred(reference, givens, at="next")
        self.children[0].bounds(givens, learner)
        return Interval(0.0, 1.0)
