"""A limit on what a client may spend."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from rewardsmith import checks
from rewardsmith.errors import BudgetError

from .protocol import Client, Reply, Request


@dataclass
class Spent:
    """What was spent so far; cost in the currency of the prices."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0

    @property
    def tokens(self) -> int:
        """Prompt and completion together."""
        return self.prompt_tokens + self.completion_tokens


class Budgeted:
    """Passes requests on until a limit is reached, and refuses from then on.

    Requests are counted before they are sent, so `requests` is never exceeded. Tokens and cost
    are known only afterwards: one call of `complete` may overshoot them.

    Args:
        client: who is asked.
        requests, tokens, cost: the limits; None means no limit.
        prompt_price, completion_price: per million tokens.
    """

    def __init__(
        self,
        client: Client,
        *,
        requests: int | None = None,
        tokens: int | None = None,
        cost: float | None = None,
        prompt_price: float = 0.0,
        completion_price: float = 0.0,
    ) -> None:
        self.client = client
        limits = {"requests": requests, "tokens": tokens, "cost": cost}
        self.limits = {
            name: checks.number(f"{name} of a budget", limit, least=0)
            for name, limit in limits.items()
            if limit is not None
        }
        self.prices = (
            checks.number("prompt_price of a budget", prompt_price, least=0),
            checks.number("completion_price of a budget", completion_price, least=0),
        )
        self.spent = Spent()
        self._lock = threading.Lock()

    @property
    def model(self) -> str:
        """The client's."""
        return self.client.model

    def complete(self, requests: Sequence[Request]) -> list[Reply]:
        """The client's replies, if the budget allows.

        Raises:
            BudgetError: it does not; nothing was sent. Says what was spent.
        """
        with self._lock:
            self._check(len(requests))
            self.spent.requests += len(requests)
        replies = self.client.complete(requests)
        with self._lock:
            for reply in replies:
                self._charge(reply)
        return replies

    def _charge(self, reply: Reply) -> None:
        self.spent.prompt_tokens += reply.prompt_tokens
        self.spent.completion_tokens += reply.completion_tokens
        prompt, completion = self.prices
        cost = reply.prompt_tokens * prompt + reply.completion_tokens * completion
        self.spent.cost += cost / 1e6

    def _check(self, wanted: int) -> None:
        spent = self.spent
        over = {
            "requests": spent.requests + wanted > self.limits.get("requests", float("inf")),
            "tokens": spent.tokens >= self.limits.get("tokens", float("inf")),
            "cost": spent.cost >= self.limits.get("cost", float("inf")),
        }
        for name, exceeded in over.items():
            if exceeded:
                raise BudgetError(
                    f"The budget of {self.limits[name]:g} {name} does not allow {wanted} more "
                    f"requests to {self.model}. Spent so far: {spent.requests} requests, "
                    f"{spent.prompt_tokens} prompt and {spent.completion_tokens} completion "
                    f"tokens, cost {spent.cost:.4g}. Raise the limit, or put a cache around."
                )
