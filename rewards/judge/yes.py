"""How probable a judge finds it to answer yes."""

from __future__ import annotations

import math
from typing import Any

from rewardsmith.errors import ConfigError
from rewardsmith.llm import Message, Reply, Request
from rewardsmith.registry import register_term
from rewardsmith.rewards.roles import says_roles

from .base import OneTextTerm
from .layout import lay_out

#: likeliest tokens asked for; what servers allow at most
TOP = 20


@says_roles
@register_term("judge_yes")
class Yes(OneTextTerm):
    """Pays P(yes) / (P(yes) + P(no)) of the judge's first token.

    As in generative verifiers (Zhang et al. 2024, arXiv 2408.15240), normalised over the two
    answers; case and spaces around a token do not matter. Finer than a score and one token long,
    but it needs a client that gives log-probabilities. Nothing is sampled, so `votes` is 1.

    Args:
        texts: the judged text, and perhaps its context.
        asking: a question about the TEXT that yes or no answers.
        judging: as in `OneTextTerm` and `JudgeTerm`.
    """

    def __init__(self, *texts: Any, asking: str = "Is the TEXT correct?", **judging: Any) -> None:
        super().__init__(*texts, **judging)
        if not isinstance(asking, str) or not asking.strip():
            raise ConfigError(f"asking of {self.who} is a question. Received {asking!r}.")
        if self.options["votes"] > 1:
            raise ConfigError(f"{self.who} samples nothing. Leave votes out.")
        self.asking = asking

    def verdicts(self, rows: list[tuple[str, ...]]) -> list[float]:
        """The probability for each row of texts."""
        panel = self.panel
        replies = panel.client.complete([self._request(texts) for texts in rows])
        found = [_probability(reply) for reply in replies]
        missing = sum(p is None for p in found)
        panel.tally.questions += len(rows)
        panel.tally.unread += missing
        panel.missed(missing)
        return [panel.fallback if p is None else p for p in found]

    def _request(self, texts: tuple[str, ...]) -> Request:
        instruction = f"{self.asking} Answer with one word, yes or no."
        prompt = lay_out(self.exhibits(texts), instruction, "", limit=self.options["limit"])
        messages = (Message("system", prompt.system), Message("user", prompt.user))
        return Request(messages, max_tokens=1, seed=self.options["seed"], top_logprobs=TOP)


def _probability(reply: Reply) -> float | None:
    """None if neither answer is among the likeliest tokens."""
    if not reply.top_logprobs or not reply.top_logprobs[0]:
        return None
    total = {"yes": 0.0, "no": 0.0}
    for token, logprob in reply.top_logprobs[0][0].items():
        word = token.strip().casefold()
        if word in total:
            total[word] += math.exp(logprob)
    both = total["yes"] + total["no"]
    return total["yes"] / both if both > 0 else None
