"""RLP: how much a thought helps to predict the text that follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rewardsmith.registry import register_term
from rewardsmith.rewards.roles import says_roles
from rewardsmith.term import Binding, State
from rewardsmith.transition import Floats, Transition

from .average import SlowModel
from .base import LikelihoodTerm, fraction, mean
from .scorer import Query


@says_roles
@register_term("rlp")
class InformationOfThought(LikelihoodTerm):
    """Pays log p(next | context, thought) - log p_slow(next | context).

    Hatamizadeh et al. 2025 (arXiv 2510.01265), RLP: the information gain of a thought over a
    baseline that does not think, a moving average of the policy's weights. Here `next` may be
    several tokens, and both parts are means over them. The decay is second-hand.

    Args:
        texts: context, thought, next.
        decay: of the baseline's weights, in [0, 1).
        scoring: as in `LikelihoodTerm`; a frozen model is its own baseline. `cue` stands between
            thought and next; without a thought nothing does.
    """

    roles = ("context", "thought", "following")
    learns = True

    def __init__(self, *texts: Any, decay: float = 0.999, **scoring: Any) -> None:
        super().__init__(*texts, **scoring)
        self.decay = fraction(f"decay of {self.who}", decay)

    def bind(self, binding: Binding) -> None:
        """Set up the baseline."""
        super().bind(binding)
        self.slow = SlowModel(self._scorer, self.decay, self.who)

    def asked(self, transition: Transition) -> list[Query]:
        """What follows after the thought, row by row."""
        rows = self.rows(transition)
        return [self.query((context, thought, self.cue), text) for context, thought, text in rows]

    def pay(self, transition: Transition, found: list[Floats]) -> Floats:
        """The gain, row by row."""
        rows = self.rows(transition)
        without = [self.query((context,), text) for context, _, text in rows]
        baseline = self.slow.scorer.logprobs(without)
        gains = [mean(a) - mean(b) for a, b in zip(found, baseline, strict=True)]
        return np.array(gains, dtype=np.float64)

    def update(self, transition: Transition) -> None:
        """Move the baseline, if the policy has learned."""
        self.slow.follow()

    def state_dict(self) -> State:
        """The baseline's weights."""
        return self.slow.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        self.slow.load_state_dict(state)
