"""Process rewards that are good only if the outcome is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rewardsmith.build import as_term
from rewardsmith.errors import ConfigError
from rewardsmith.registry import register_term
from rewardsmith.rewards.gates import Gate
from rewardsmith.term import Scope
from rewardsmith.transition import Floats, Transition

from .base import widest


@register_term("renorm")
class ReNorm(Gate):
    """Pays process rewards plus the outcome less 1, and the outcome itself on the last row.

    ReNorm of PPR, "Hybrid Reward Normalization for Process-supervised Non-verifiable Agentic
    Tasks" (arXiv 2509.25598). Second-hand, of a summary: the outcome is given to every step and the
    reward centred, so that process rewards are at least 0 where the answer is right and at most 0
    where it is wrong. The form here has that property: r_t = p_t + o - 1 for every turn but the
    last, and o for the last, with p_t and o in [0, 1].

    Args:
        process: the reward of each turn, in [0, 1].
        outcome: a term whose total over the episode is the outcome, in [0, 1].
    """

    def __init__(self, process: Any, outcome: Any) -> None:
        super().__init__([as_term(process), as_term(outcome)], [])
        self.scope = widest(self.children, Scope.EPISODE)

    def step(self, transition: Transition) -> Floats:
        """Nothing yet; the terms see the transition."""
        for child in self.children:
            child.step(transition)
        return np.zeros(len(transition))

    def relabel(self, transition: Transition) -> Floats:
        """Single transitions do not tell their episode's outcome."""
        raise ConfigError(
            "renorm needs whole episodes and cannot relabel single transitions. Use "
            "finish(episode), or a place that serves scope 'episode'."
        )

    def finish(self, transition: Transition) -> Floats:
        """Process and outcome of one episode."""
        return self._joined(*(child.finish(transition) for child in self.children))

    def finish_group(self, episodes: Sequence[Transition]) -> list[Floats]:
        """Process and outcome of each episode."""
        process, outcome = (child.finish_group(episodes) for child in self.children)
        return [self._joined(p, o) for p, o in zip(process, outcome, strict=True)]

    def _joined(self, process: Floats, outcome: Floats) -> Floats:
        end = float(outcome.sum())
        paid: Floats = process + end - 1.0
        paid[-1:] = end
        return paid
