"""R3: certainty of the reference where reasoning makes a difference."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rewardsmith.errors import BindingError
from rewardsmith.registry import register_term
from rewardsmith.rewards.roles import says_roles
from rewardsmith.transition import Floats, Transition

from .base import GroupLikelihoodTerm
from .reference import ReferenceTerm


@says_roles
@register_term("r3")
class ReasoningReflection(GroupLikelihoodTerm, ReferenceTerm):
    """Pays the log-probability of the reference, its tokens weighted by how they vary.

    Xu et al. 2025 (arXiv 2506.13351), DRO's reasoning reflection reward: tokens of the reference
    whose probability differs between a group's rollouts are those that reflect reasoning. With
    l_ij = log pi(a*_j | x, z_i, a*_<j), r_i = sum_j w_j l_ij, w_j = s_j / sum_k s_k, and s_j the
    standard deviation of exp(l_ij) over i. The paper's own weighting function and its
    corrections for the masked baseline and for earlier tokens could not be checked: the weights
    are ours, in its spirit. Where no token varies all weights are equal. All episodes of a group
    must have the same reference.

    Args:
        texts: context, reasoning, answer; those of an episode's last turn count.
        scoring: as in `LikelihoodTerm`.
    """

    def compare(self, episodes: Sequence[Transition], found: list[list[Floats]]) -> Sequence[float]:
        """Each episode's weighted log-probability; 0 for an episode without rows."""
        logps = [answers[0] for answers in found if answers]
        if not logps or not len(logps[0]):
            return [0.0] * len(episodes)
        self._check_lengths(logps)
        table = np.stack(logps)
        spread = np.exp(table).std(axis=0)
        even = np.full(len(spread), 1.0 / len(spread))
        weights = spread / spread.sum() if spread.sum() > 1e-12 else even
        values = iter(table @ weights)
        return [float(next(values)) if answers else 0.0 for answers in found]

    def _check_lengths(self, logps: list[Floats]) -> None:
        if len({len(row) for row in logps}) > 1:
            raise BindingError(
                f"{self.who} compares rollouts of one task, which share one reference answer. "
                "Received references of different lengths; group episodes by task."
            )
