"""What a novelty is divided by before it is paid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rewardsmith.errors import ConfigError, near_misses
from rewardsmith.rewards.intrinsic.moments import Moments
from rewardsmith.term import State
from rewardsmith.transition import Floats

#: discount of the sums of `return` (Burda et al. 2018, table 5)
GAMMA = 0.99
KINDS = ("std", "return", "none")


def check_normalize(value: Any) -> str:
    """One of `KINDS`; raises `ConfigError` for anything else."""
    if value not in KINDS:
        raise ConfigError(
            f"normalize is one of {', '.join(KINDS)}. Received {value!r}."
            f"{near_misses(str(value), KINDS)}"
        )
    return str(value)


class Scaling:
    """Divides by a running deviation, of rewards (`std`) or of their discounted sums (`return`).

    The sums run on over the ends of episodes, as the novelty of a state does (Burda et al.
    2018, section 2.4). Divides by 1 until two values were seen.

    Args:
        kind: one of `KINDS`.
        slots: number of envs.

    >>> scaling = Scaling("std", 2)
    >>> scaling.add(np.array([1.0, 3.0]), np.arange(2))
    >>> scaling(np.array([2.0])).round(6).tolist()
    [2.0]
    """

    def __init__(self, kind: str, slots: int) -> None:
        self.kind = kind
        self.moments = Moments()
        self.sums: Floats = np.zeros(slots)

    @property
    def started(self) -> bool:
        """Whether it has statistics, or needs none."""
        return self.kind == "none" or self.moments.count > 0

    def clear(self) -> None:
        """Forget what it saw."""
        self.moments = Moments()
        self.sums = np.zeros_like(self.sums)

    def __call__(self, raw: Floats) -> Floats:
        """The values to pay."""
        if self.kind == "none":
            return raw
        found: Floats = raw / self.moments.deviation()[0]
        return found

    def add(self, raw: Floats, slot: Any) -> None:
        """See values of one step, or of several steps in order."""
        if self.kind == "none":
            return
        if self.kind == "return":
            raw = self._sums(raw, slot)
        self.moments.add_values(raw)

    def _sums(self, raw: Floats, slot: Any) -> Floats:
        if len(set(slot.tolist())) == len(slot):
            paid: Floats = GAMMA * self.sums[slot] + raw
            self.sums[slot] = paid
            return paid
        found = np.empty_like(raw)
        for i, (row, value) in enumerate(zip(slot, raw, strict=True)):
            self.sums[row] = found[i] = GAMMA * self.sums[row] + value
        return found

    def state_dict(self) -> State:
        """Statistics and running sums."""
        return {"moments": self.moments.state_dict(), "sums": self.sums.copy()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        self.moments.load_state_dict(state["moments"])
        self.sums = np.array(state["sums"], dtype=np.float64)
