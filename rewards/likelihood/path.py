"""P2S: whether the rest of a good path follows from the steps so far."""

from __future__ import annotations

import numpy as np

from rewardsmith.registry import register_term
from rewardsmith.rewards.roles import says_roles
from rewardsmith.transition import Floats, Transition

from .base import LikelihoodTerm, token_probability
from .scorer import Query


@says_roles
@register_term("path_faithfulness")
class PathFaithfulness(LikelihoodTerm):
    """Pays the mean token probability of the rest of a reference path after the policy's step.

    Zhong et al. 2026 (arXiv 2601.20649), P2S: the path faithfulness reward of a step comes from
    the conditional probability of the reference chain's suffix given the policy's prefix. Only
    the abstract could be checked. Which suffix belongs to which prefix is left to the text that
    the environment offers (e.g. the commands that are left of a winning plan), and the mean over
    tokens is RLPR's. Rewards lie in [0, 1].

    Args:
        texts: context, step, rest, e.g. `obs, action, next(plan)`.
        scoring: as in `LikelihoodTerm`; `cue` stands between step and rest.
    """

    roles = ("context", "step", "rest")
    lies = (0.0, 1.0)

    def asked(self, transition: Transition) -> list[Query]:
        """The rest of the path, row by row."""
        rows = self.rows(transition)
        return [self.query((context, step, self.cue), rest) for context, step, rest in rows]

    def pay(self, transition: Transition, found: list[Floats]) -> Floats:
        """Its mean token probability; 1 where nothing is left."""
        return np.array([token_probability(logps) for logps in found], dtype=np.float64)
