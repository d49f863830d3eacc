"""Trying again after errors that may pass."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence

from rewardsmith import checks
from rewardsmith.errors import TransientClientError

from .protocol import Client, Reply, Request


class Retrying:
    """Repeats a call that failed with `TransientClientError`, waiting longer each time.

    Waits are uniform in [0, base * 2^attempt], at most `longest` seconds.

    Args:
        client: who is asked.
        attempts: calls in all, at least 1.
        base, longest: seconds.
        sleep: how to wait.
    """

    def __init__(
        self,
        client: Client,
        attempts: int = 4,
        *,
        base: float = 0.5,
        longest: float = 30.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.client = client
        self.attempts = checks.whole("attempts of retry", attempts, least=1)
        self.base = checks.number("base of retry", base, least=0)
        self.longest = checks.number("longest of retry", longest, least=0)
        self._sleep, self._random = sleep, random.Random()  # waits need no seed

    @property
    def model(self) -> str:
        """The client's."""
        return self.client.model

    def complete(self, requests: Sequence[Request]) -> list[Reply]:
        """The client's replies; the last error if all attempts fail."""
        for attempt in range(self.attempts - 1):
            try:
                return self.client.complete(requests)
            except TransientClientError:
                most = min(self.base * 2.0**attempt, self.longest)
                self._sleep(self._random.uniform(0.0, most))
        return self.client.complete(requests)
