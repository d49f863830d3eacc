"""What is known before anything runs: features, spaces, the range of the reward."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from gymnasium import spaces

from rewardsmith.features import Feature, FeatureSchema
from rewardsmith.language.inference.finding import Report
from rewardsmith.language.inference.interval import INF, Interval
from rewardsmith.language.nodes import Expr
from rewardsmith.language.validate import Shape

#: (read at the next state?, expression) -> (its interval, holds for every element of a vector?)
Facts = Mapping[tuple[bool, Expr], tuple[Interval, bool]]


@dataclass(frozen=True)
class Givens:
    """The premises of inference.

    Bounds of features are those that the schema declares. Without a space, a range or a limit,
    `obs`, `action`, `reward` and `t` are finite but unbounded.

    Args:
        schema: the features.
        observation: the observation space, for `obs` with bounds of its own per component.
        action: the action space.
        reward: (low, high) of the environment's own reward.
        max_steps: steps after which an episode is cut, for `t`.
        facts: what is assumed besides, as inside a gate whose condition holds.
        report: takes what is found; None to drop it.
    """

    schema: FeatureSchema
    observation: spaces.Space[Any] | None = None
    action: spaces.Space[Any] | None = None
    reward: tuple[float, float] | None = None
    max_steps: int | None = None
    facts: Facts = field(default_factory=dict)
    report: Report | None = None

    def name(self, name: str, ahead: bool) -> tuple[Shape, Interval]:
        """Shape of one row and interval of a feature, or of `obs`, `action`, `reward`, `t`."""
        if name == "t":
            last = INF if self.max_steps is None else self.max_steps - 1.0
            return (), Interval(0.0 + ahead, last + ahead, "int")
        if name == "reward":
            return (), Interval(*(self.reward or (-INF, INF)))
        if name == "action":
            return of_space(self.action)
        if name == "obs" and self.observation is not None:
            return of_space(self.observation)
        if name in self.schema:
            return self.schema[name].shape, of_feature(self.schema[name])
        return None, Interval()

    def element(self, name: str, index: tuple[int, ...]) -> Interval | None:
        """The interval of `obs[i]` or `action[i]`, if their space bounds each component."""
        space = {"obs": self.observation, "action": self.action}.get(name)
        if not isinstance(space, spaces.Box):
            return None
        try:
            low, high = np.min(space.low[index]), np.max(space.high[index])
        except IndexError:
            return None
        return Interval(float(low), float(high), _whole(space.dtype))


def of_feature(feature: Feature) -> Interval:
    """Where each element of a feature lies."""
    low, high = float(feature.low), float(feature.high)
    if feature.dtype == "bool":
        return Interval(0.0, 1.0, "bool")
    if feature.dtype == "int":
        least = low if math.isinf(low) else float(math.ceil(low))
        most = high if math.isinf(high) else float(math.floor(high))
        if least <= most:  # else no whole number lies between the bounds, and the values tell
            return Interval(least, most, "int")
    return Interval(low, high)


def of_space(space: spaces.Space[Any] | None) -> tuple[Shape, Interval]:
    """Shape and interval of a space's elements; unknown for what is no array of numbers."""
    if isinstance(space, spaces.Box):
        low, high = float(np.min(space.low)), float(np.max(space.high))
        return tuple(space.shape), Interval(low, high, _whole(space.dtype))
    if isinstance(space, spaces.Discrete):
        start = float(space.start)
        return (), Interval(start, start + float(space.n) - 1, "int")
    if isinstance(space, spaces.MultiDiscrete):
        return tuple(space.shape), Interval(0.0, float(np.max(space.nvec)) - 1, "int")
    if isinstance(space, spaces.MultiBinary):
        return tuple(space.shape), Interval(0.0, 1.0, "bool")
    return None, Interval()


def _whole(dtype: Any) -> str:
    return "int" if np.dtype(dtype).kind in "iub" else "float"
