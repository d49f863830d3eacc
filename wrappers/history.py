"""The running episodes of all slots, kept until they end, for terms of episode scope."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardsmith.stack import RewardStack
from rewardsmith.transition import Bools, Floats, Transition

_COLUMNS = (
    "obs",
    "action",
    "next_obs",
    "env_reward",
    "terminated",
    "truncated",
    "features",
    "next_features",
    "episode",
    "t",
)


class EpisodeHistory:
    """Steps of N slots since the oldest running episode began."""

    def __init__(self, num_envs: int) -> None:
        self.steps: list[Transition] = []
        self.starts: NDArray[np.int64] = np.zeros(num_envs, dtype=np.int64)

    def add(self, transition: Transition) -> None:
        """Keep one step of all slots."""
        self.steps.append(transition)

    def episode(self, slot: int) -> Transition:
        """The slot's running episode as one batch of T transitions, in order."""
        return one_slot(self.steps[self.starts[slot] :], slot)

    def reset(self, mask: Bools) -> None:
        """Episodes end in the slots of `mask`; what no slot needs any more is dropped."""
        self.starts[mask] = len(self.steps)
        oldest = int(self.starts.min())
        if oldest:
            del self.steps[:oldest]
            self.starts -= oldest

    def state_dict(self) -> dict[str, Any]:
        """The kept steps."""
        return {"steps": list(self.steps), "starts": self.starts.copy()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over kept steps of as many slots."""
        self.steps, self.starts = list(state["steps"]), state["starts"].copy()


def one_slot(steps: list[Transition], slot: int) -> Transition:
    """One slot's rows of several steps, as a batch over time."""

    def column(name: str) -> Any:
        return _column([getattr(step, name) for step in steps], slot)

    return replace(steps[0], **{name: column(name) for name in _COLUMNS})


def _column(values: list[Any], slot: int) -> Any:
    first = values[0]
    if first is None:
        return None
    if isinstance(first, dict):
        return {key: _column([v[key] for v in values], slot) for key in first}
    return np.array([value[slot] for value in values])


def deferred_terms(stack: RewardStack, episode: Transition) -> dict[str, Floats]:
    """What the terms of wider than step scope pay an episode of T steps: name -> (T,)."""
    paid = stack.finish(episode)
    return {entry.name: paid.terms[entry.name] for entry in stack.entries if entry.deferred}
