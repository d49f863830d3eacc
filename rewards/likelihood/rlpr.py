"""RLPR: what reasoning adds to the probability of the reference's tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rewardsmith import checks
from rewardsmith.registry import register_term
from rewardsmith.rewards.roles import says_roles
from rewardsmith.term import State
from rewardsmith.transition import Floats, Transition

from .base import GroupLikelihoodTerm, fraction, token_probability
from .reference import ReferenceTerm
from .scorer import Query


class _Rlpr(ReferenceTerm):
    lies = (0.0, 1.0)

    def asked(self, transition: Transition) -> list[Query]:
        """The answer with and without the reasoning, row by row."""
        return [
            self.query((context, *thought, self.cue), answer)
            for context, reasoning, answer in self.rows(transition)
            for thought in ((reasoning,), ())
        ]

    def pay(self, transition: Transition, found: list[Floats]) -> Floats:
        """What the reasoning adds, in [0, 1]."""
        p = np.array([token_probability(logps) for logps in found], dtype=np.float64)
        return np.clip(p[0::2] - p[1::2], 0.0, 1.0)


@says_roles
@register_term("rlpr")
class Rlpr(_Rlpr):
    """Pays clip(r - r', 0, 1) with r the mean probability of the reference's tokens.

    Yu et al. 2025 (arXiv 2506.18254): r = 1/|a*| sum_j pi(a*_j | x, z, a*_<j), and r' the same
    without the reasoning z, which takes away what the answer's tokens are worth by themselves.

    Args:
        texts: context, reasoning, answer.
        scoring: as in `LikelihoodTerm`.
    """


@says_roles
@register_term("rlpr_filtered")
class RlprFiltered(GroupLikelihoodTerm, _Rlpr):
    """`rlpr` of each episode's last turn, and 0 for a group that does not differ enough.

    RLPR's filter drops prompts whose rewards have a standard deviation below a threshold, which
    follows an exponential moving average of the deviations seen. Here a dropped group is paid 0
    throughout, which under group advantages is no gradient. The average moves in `update`, by all
    groups paid since the last call, those of an evaluation with the same stack included.

    Args:
        texts: context, reasoning, answer.
        factor: the threshold is this times the moving average (second-hand: the paper tunes it).
        decay: of the moving average, in [0, 1).
        scoring: as in `LikelihoodTerm`.
    """

    learns = True

    def __init__(
        self, *texts: Any, factor: float = 0.5, decay: float = 0.9, **scoring: Any
    ) -> None:
        super().__init__(*texts, **scoring)
        self.factor = checks.number(f"factor of {self.who}", factor, least=0)
        self.decay = fraction(f"decay of {self.who}", decay)
        self.average: float | None = None
        self._seen: list[float] = []

    def compare(self, episodes: Sequence[Transition], found: list[list[Floats]]) -> list[float]:
        """Each episode's reward, or 0 for all."""
        paid = [
            float(self.pay(e, f)[0]) if f else 0.0 for e, f in zip(episodes, found, strict=True)
        ]
        deviation = float(np.std(paid))
        self._seen.append(deviation)
        dropped = self.average is not None and deviation < self.factor * self.average
        return [0.0] * len(paid) if dropped else paid

    def update(self, transition: Transition) -> None:
        """Move the average by the groups paid since the last call."""
        for deviation in self._seen:
            before = deviation if self.average is None else self.average
            self.average = self.decay * before + (1 - self.decay) * deviation
        self._seen.clear()

    def state_dict(self) -> State:
        """The moving average, and what has not moved it yet."""
        known = {} if self.average is None else {"average": self.average}
        return {**known, "seen": np.array(self._seen)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        self.average = float(state["average"]) if "average" in state else None
        self._seen = [float(v) for v in np.atleast_1d(state.get("seen", []))]
