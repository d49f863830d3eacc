"""Self-aligned reward: how much a query explains an answer."""

from __future__ import annotations

import numpy as np

from rewardsmith.registry import register_term
from rewardsmith.rewards.roles import says_roles
from rewardsmith.transition import Floats, Transition

from .base import LikelihoodTerm, mean
from .scorer import Query


@says_roles
@register_term("sar")
class SelfAligned(LikelihoodTerm):
    """Pays max((ppl(a) - ppl(a | q)) / ppl(a), -1), with ppl = exp(-mean log-probability).

    Han et al. 2025 (arXiv 2509.05489): answers that fit the query and do not ramble gain most
    from having it before them. Rewards lie in [-1, 1). ppl(a) is that of the answer after the
    tokenizer's first token, or its end token if it has none.

    Args:
        texts: query, answer, e.g. `obs, action`.
        scoring: as in `LikelihoodTerm`; `cue` stands between the two.
    """

    roles = ("query", "answer")
    lies = (-1.0, 1.0)

    def asked(self, transition: Transition) -> list[Query]:
        """The answer with and without the query, row by row."""
        return [
            asked
            for query, answer in self.rows(transition)
            for asked in (self.query((query, self.cue), answer), Query((), answer))
        ]

    def pay(self, transition: Transition, found: list[Floats]) -> Floats:
        """What the query explains, row by row."""
        log_ratio = [mean(alone) - mean(given) for given, alone in zip(*_pairs(found), strict=True)]
        # 1 - ppl(a | q) / ppl(a), whose exponent may overflow on its way to -1
        return np.maximum(-np.expm1(np.minimum(log_ratio, 1.0)), -1.0)


def _pairs(found: list[Floats]) -> tuple[list[Floats], list[Floats]]:
    return found[0::2], found[1::2]
