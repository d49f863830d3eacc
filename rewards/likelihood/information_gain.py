"""IGPO: what each turn adds to the probability of the answer."""

from __future__ import annotations

from typing import Any

import numpy as np

from rewardsmith import checks
from rewardsmith.registry import register_term
from rewardsmith.rewards.roles import says_roles
from rewardsmith.transition import Floats, Transition

from .base import EpisodeLikelihoodTerm, mean
from .scorer import Query


@says_roles
@register_term("igpo")
class InformationGain(EpisodeLikelihoodTerm):
    """Pays each turn p_t - p_{t-1}, p_t = exp(mean log pi(answer | history up to turn t)).

    Wang et al. 2025 (arXiv 2510.14967), IGPO. The history is the first observation, then action
    and observation of each turn. The last turn is the policy's own answer, which the paper
    rewards by its outcome: it is paid 0 here, so write `env + igpo(answer)`. All histories of an
    episode and the answers after them are one row of one forward pass.

    Args:
        texts: answer, the text of which the first row's is taken.
        last: whether the last turn is paid its gain too, for tasks without an answering turn.
        scoring: as in `LikelihoodTerm`; `cue` stands before the answer.
    """

    roles = ("answer",)
    lies = (-1.0, 1.0)

    def __init__(self, *texts: Any, last: bool = False, **scoring: Any) -> None:
        super().__init__(*texts, **scoring)
        self.last = checks.truth(f"last of {self.who}", last, write="last=True")

    def asked(self, transition: Transition) -> list[Query]:
        """The answer after each history, the bare observation first."""
        if not len(transition):
            return []
        history = [str(transition.obs[0])]
        answer = self.rows(transition.select(slice(0, 1)))[0][0]
        found = [self.query((*history, self.cue), answer)]
        turns = zip(transition.action, transition.next_obs, strict=True)
        for action, following in list(turns)[: self._paid_turns(transition)]:
            history += ["\n", str(action), "\n", str(following)]
            found.append(self.query((*history, self.cue), answer))
        return found

    def pay(self, transition: Transition, found: list[Floats]) -> Floats:
        """The gains, shape (T,)."""
        p = np.exp([mean(logps) for logps in found])
        paid = np.zeros(len(transition))
        turns = self._paid_turns(transition)
        paid[:turns] = np.diff(p)[:turns]
        return paid

    def _paid_turns(self, transition: Transition) -> int:
        return max(len(transition) - (not self.last), 0)
