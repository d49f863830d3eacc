"""What a trainer of language models must know of an episode: turns, their tokens, their pay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from rewardsmith.transition import Floats


@dataclass(frozen=True, slots=True)
class Turn:
    """One line of the agent, or one message that calls tools, and what it brought.

    Args:
        turn_id: 0, 1, ... within the episode; boundaries are these ids, never "reward != 0".
        text: what the agent said.
        start, stop: its tokens in the episode's completion, [start, stop); what the environment
            said lies between the spans and gets no advantage.
        reward: what the reward stack paid, the sum of `components`.
        components: name -> weighted pay of each term.
        anchor: the observation that the line answered (GiGPO compares turns of equal anchors).
        terminated, truncated: whether the episode ended with this turn, and how.
        entropy: mean entropy of its tokens in nats, or None if nobody asked (EMPG needs it).
    """

    turn_id: int
    text: str
    start: int
    stop: int
    reward: float
    components: Mapping[str, float] = field(default_factory=dict)
    anchor: str = ""
    terminated: bool = False
    truncated: bool = False
    entropy: float | None = None


@dataclass(frozen=True, slots=True)
class Episode:
    """One rollout of a task.

    Args:
        turns: in order, at least one.
        task: the task's number; rollouts of one task form a group.
        success: as the environment scores it, untouched by any reward.
        env_return: sum of the environment's own rewards.
    """

    turns: tuple[Turn, ...]
    task: int = 0
    success: bool = False
    env_return: float = 0.0

    @property
    def rewards(self) -> Floats:
        """Pay of each turn, shape (T,)."""
        return np.array([turn.reward for turn in self.turns], dtype=np.float64)

    @property
    def total(self) -> float:
        """The episode's reward: the sum over its turns."""
        return float(self.rewards.sum())

    def component(self, name: str) -> Floats:
        """Pay of one term, shape (T,); 0 where it paid nothing."""
        return np.array([t.components.get(name, 0.0) for t in self.turns], dtype=np.float64)


def component_names(episodes: Sequence[Episode]) -> tuple[str, ...]:
    """Names of all terms that paid, in the order in which they first appear."""
    names = dict.fromkeys(n for e in episodes for t in e.turns for n in t.components)
    return tuple(names)
