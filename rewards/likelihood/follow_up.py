"""How likely the user is to say something pleased afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np

from rewardsmith.errors import ConfigError
from rewardsmith.registry import register_term
from rewardsmith.rewards.roles import says_roles
from rewardsmith.transition import Floats, Transition

from .base import LikelihoodTerm, mean
from .scorer import Query

PLEASED = ("That is very helpful, thank you.", "Great, that is what I wanted to know.")
DISPLEASED = ("That is not what I asked for.", "You did not understand me at all.")


@says_roles
@register_term("follow_up_likelihood")
class FollowUpLikelihood(LikelihoodTerm):
    """Pays the mean log-likelihood of pleased follow-ups less that of displeased ones.

    Follow-up likelihood as reward, FLR (Zhang et al. 2024, arXiv 2409.13948): the likelihood of
    what a user would say next, after the response. The abstract is all that could be checked:
    the mean over tokens, the difference of the two kinds and the sentences are ours.

    Args:
        texts: context, response, e.g. `obs, action`.
        pleased, displeased: the follow-ups; `displeased=()` leaves the second part out.
        scoring: as in `LikelihoodTerm`; `cue` stands between response and follow-up.
    """

    roles = ("context", "response")

    def __init__(
        self,
        *texts: Any,
        pleased: tuple[str, ...] = PLEASED,
        displeased: tuple[str, ...] = DISPLEASED,
        **scoring: Any,
    ) -> None:
        super().__init__(*texts, **scoring)
        self.pleased = self._sentences("pleased", pleased)
        self.displeased = self._sentences("displeased", displeased)
        if not self.pleased:
            raise ConfigError(f"pleased of {self.who} holds at least one sentence. Received none.")

    def asked(self, transition: Transition) -> list[Query]:
        """Each follow-up, row by row."""
        return [
            self.query((context, response, self.cue), said)
            for context, response in self.rows(transition)
            for said in (*self.pleased, *self.displeased)
        ]

    def pay(self, transition: Transition, found: list[Floats]) -> Floats:
        """The difference, row by row."""
        count = len(self.pleased) + len(self.displeased)
        means = np.array([mean(logps) for logps in found]).reshape(len(transition), count)
        likes, dislikes = np.split(means, [len(self.pleased)], axis=1)
        paid: Floats = likes.mean(axis=1)
        return paid - dislikes.mean(axis=1) if self.displeased else paid

    def _sentences(self, name: str, value: Any) -> tuple[str, ...]:
        listed = (value,) if isinstance(value, str) else tuple(value)
        if not all(isinstance(text, str) and text for text in listed):
            raise ConfigError(
                f"{name} of {self.who} is a tuple of sentences. Received {value!r}; write "
                f"{name}=('Thank you.',)."
            )
        return listed
