"""Process rewards that cannot be collected without end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rewardsmith.errors import ConfigError
from rewardsmith.language.inference import Interval
from rewardsmith.language.inference.functions import extreme
from rewardsmith.language.inference.interval import add, constant
from rewardsmith.registry import register_term
from rewardsmith.rewards.expression import as_number
from rewardsmith.rewards.transforms import Transform
from rewardsmith.term import Scope
from rewardsmith.transition import Floats, Transition

from .base import widest


@register_term("clip_process")
class ClipProcess(Transform):
    """Pays min(r, eta) - eta: never above 0, so that more steps never pay more.

    Gao et al. 2024, "On Designing Effective RL Reward at Training Time for LLM Reasoning" (arXiv
    2410.15115), Clip (form second-hand): the reward of each step is bounded above by 0, good steps
    (r >= eta) pay nothing and bad ones cost.

    Args:
        child: the process reward.
        eta: the threshold.
    """

    usage = "clip_process(T, eta)"

    def __init__(self, child: Any, eta: Any) -> None:
        super().__init__(child)
        self._eta = as_number(eta, "eta of clip_process(T, eta)")

    def apply(self, values: Floats) -> Floats:
        """Cut, and shift."""
        return np.minimum(values, self._eta) - self._eta

    def bounded(self, child: Interval) -> Interval | None:
        """The child's bounds, cut and shifted."""
        return add(extreme("min", [child, constant(self._eta)]), constant(-self._eta))


@register_term("delta_process")
class DeltaProcess(Transform):
    """Pays r_k - r_{k+1} for each step but the last, which pays r_K: the sum is r_1.

    Gao et al. 2024 (arXiv 2410.15115), Delta (form second-hand): differences of adjacent rewards,
    so that the sum over any episode is bounded by one step's reward, and the return from step k
    is r_k.

    Args:
        child: the process reward.
    """

    usage = "delta_process(T)"

    def __init__(self, child: Any) -> None:
        super().__init__(child)
        self.scope = widest([self.child], Scope.EPISODE)

    def step(self, transition: Transition) -> Floats:
        """Nothing yet; the child sees the transition."""
        self.child.step(transition)
        return np.zeros(len(transition))

    def relabel(self, transition: Transition) -> Floats:
        """Single transitions do not tell what comes next."""
        raise ConfigError(
            "delta_process needs whole episodes and cannot relabel single transitions. Use "
            "finish(episode), or a place that serves scope 'episode'."
        )

    def finish_group(self, episodes: Sequence[Transition]) -> list[Floats]:
        """Differences within each episode."""
        return [self.apply(values) for values in self.child.finish_group(episodes)]

    def apply(self, values: Floats) -> Floats:
        """Differences to the next row, of an episode in order."""
        return np.asarray(values - np.append(values[1:], 0.0)[: len(values)])
