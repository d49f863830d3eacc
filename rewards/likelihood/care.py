"""GRPO-CARE: a bonus for right answers that the reasoning makes likely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rewardsmith import checks
from rewardsmith.registry import register_term
from rewardsmith.rewards.roles import says_roles
from rewardsmith.term import Binding, State
from rewardsmith.transition import Floats, Transition

from .average import SlowModel
from .base import GroupLikelihoodTerm, fraction, mean
from .reference import ReferenceTerm
from .scorer import Scorer


@says_roles
@register_term("care")
class Care(GroupLikelihoodTerm, ReferenceTerm):
    """Pays a consistency bonus: coefficient * accuracy where answer and reasoning agree.

    Chen et al. 2025 (arXiv 2506.16141), GRPO-CARE, checked against the released code. An episode's
    accuracy is the sum of the environment's own reward. Accurate are episodes above 0.1 and not
    below the group's mean. c is exp(mean log-probability of the policy's own answer after its
    reasoning) under a slowly moving copy of the policy, at most `ceiling`. Of the accurate
    episodes those with c >= mean(c of the accurate) - margin are paid the bonus. Add it to `env`,
    and leave a KL penalty out, which it replaces. The defaults of the options are ours.

    Args:
        texts: context, reasoning, answer, all of the last turn, the answer the policy's own.
        coefficient: of the bonus.
        margin: how far below the mean still counts.
        ceiling: c is cut there; above it the copy's certainty tells nothing.
        decay: of the copy's weights, in [0, 1).
        scoring: as in `LikelihoodTerm`; a frozen model takes the copy's place.
    """

    learns = True

    def __init__(
        self,
        *texts: Any,
        coefficient: float = 0.5,
        margin: float = 0.01,
        ceiling: float = 0.95,
        decay: float = 0.995,
        **scoring: Any,
    ) -> None:
        super().__init__(*texts, **scoring)
        self.coefficient = checks.number(f"coefficient of {self.who}", coefficient, least=0)
        self.margin = checks.number(f"margin of {self.who}", margin, least=0)
        self.ceiling = checks.number(f"ceiling of {self.who}", ceiling, above=0)
        self.decay = fraction(f"decay of {self.who}", decay)

    def bind(self, binding: Binding) -> None:
        """Set up the slow copy."""
        super().bind(binding)
        self.slow = SlowModel(self._scorer, self.decay, self.who)

    @property
    def scorer(self) -> Scorer:
        """The slow copy."""
        return self.slow.scorer

    def compare(self, episodes: Sequence[Transition], found: list[list[Floats]]) -> Sequence[float]:
        """Each episode's bonus."""
        accuracy = np.array([float(e.env_reward.sum()) for e in episodes])
        certain = np.array([np.exp(mean(f[0])) if f else 0.0 for f in found])
        certain = np.minimum(certain, self.ceiling)
        accurate = (accuracy > 0.1) & (accuracy >= accuracy.mean())
        if not accurate.any():
            return [0.0] * len(episodes)
        agrees = certain >= certain[accurate].mean() - self.margin
        return [float(v) for v in self.coefficient * accuracy * (accurate & agrees)]

    def update(self, transition: Transition) -> None:
        """Move the copy, if the policy has learned."""
        self.slow.follow()

    def state_dict(self) -> State:
        """The copy's weights."""
        return self.slow.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        self.slow.load_state_dict(state)
