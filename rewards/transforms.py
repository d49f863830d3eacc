"""Transforms of a term's values: scale, clip, tanh, running normalisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rewardsmith import checks
from rewardsmith.build import as_term
from rewardsmith.errors import ConfigError
from rewardsmith.language.inference import Givens, Interval
from rewardsmith.language.inference.functions import ELEMENTWISE, extreme
from rewardsmith.language.inference.interval import constant, hull, multiply
from rewardsmith.registry import register_term
from rewardsmith.rewards.expression import as_number
from rewardsmith.term import Binding, Guarantee, Learner, RewardTerm, State
from rewardsmith.transition import Bools, Floats, Transition


class Transform(RewardTerm):
    """Base: one child term, whose values are changed by `apply`."""

    guarantee: Guarantee = Guarantee.BIASED
    decided_by_parts = frozenset({"scope"})

    def __init__(self, child: Any) -> None:
        self.child = as_term(child)
        self.scope = self.child.scope
        self.learns = self.child.learns
        self.intrinsic, self.remembers = self.child.intrinsic, self.child.remembers

    @property
    def needs(self) -> frozenset[str]:
        """Features of the child."""
        return self.child.needs

    def apply(self, values: Floats) -> Floats:
        """Change values of shape (N,)."""
        raise NotImplementedError

    def bounded(self, child: Interval) -> Interval | None:
        """Where changed values lie if the child's lie in `child`; None if it cannot say."""
        return None

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """The child's bounds, changed."""
        child = self.child.bounds(givens, learner)
        return None if child is None else self.bounded(child)

    def bind(self, binding: Binding) -> None:
        """Bind the child."""
        super().bind(binding)
        self.child.bind(binding)

    def step(self, transition: Transition) -> Floats:
        """The child's values online, changed."""
        return self.apply(self.child.step(transition))

    def relabel(self, transition: Transition) -> Floats:
        """The child's values of stored transitions, changed."""
        return self.apply(self.child.relabel(transition))

    def finish(self, transition: Transition) -> Floats:
        """The child's values over an episode, changed."""
        return self.apply(self.child.finish(transition))

    def finish_group(self, episodes: Sequence[Transition]) -> list[Floats]:
        """The child's values over episodes of one task, changed."""
        return [self.apply(values) for values in self.child.finish_group(episodes)]

    def update(self, transition: Transition) -> None:
        """Let the child learn."""
        self.child.update(transition)

    def reset(self, mask: Bools) -> None:
        """Reset the child."""
        self.child.reset(mask)

    def state_dict(self) -> State:
        """The child's state."""
        return {"child": self.child.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the child's state."""
        self.child.load_state_dict(state.get("child", {}))


@register_term("scale")
class Scale(Transform):
    """Pays k times the child; keeps the child's guarantee (the env's own only for k > 0)."""

    usage = "scale(T, k)"
    decided_by_parts = frozenset({"scope", "guarantee"})

    def __init__(self, child: Any, factor: Any) -> None:
        super().__init__(child)
        self.factor = as_number(factor, "k of scale(T, k)")
        turned = self.child.carries_env and self.factor <= 0
        self.guarantee = Guarantee.BIASED if turned else self.child.guarantee
        self.carries_env = self.child.carries_env and self.factor > 0

    def bounded(self, child: Interval) -> Interval | None:
        """The child's bounds times k."""
        return multiply(child, constant(self.factor))

    def apply(self, values: Floats) -> Floats:
        """Multiply."""
        return values * self.factor


@register_term("clip")
class Clip(Transform):
    """Pays the child cut to [low, high]; cutting after shaping breaks the telescoping."""

    usage = "clip(T, lo, hi)"

    def __init__(self, child: Any, low: Any, high: Any) -> None:
        super().__init__(child)
        self.low, self.high = (
            as_number(bound, f"{name} of clip(T, lo, hi)")
            for name, bound in (("lo", low), ("hi", high))
        )
        if not self.low <= self.high:
            raise ConfigError(f"clip needs low <= high. Received ({self.low:g}, {self.high:g}).")

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """Within [low, high], whatever the child pays."""
        low, high = constant(self.low), constant(self.high)
        child = self.child.bounds(givens, learner)
        if child is None:
            return hull([low, high])
        return extreme("min", [extreme("max", [child, low]), high])

    def apply(self, values: Floats) -> Floats:
        """Cut."""
        return np.minimum(np.maximum(values, self.low), self.high)


@register_term("tanh")
class Tanh(Transform):
    """Pays the child squashed into (-1, 1)."""

    usage = "tanh(T)"

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """Within [-1, 1], whatever the child pays."""
        child = self.child.bounds(givens, learner)
        return Interval(-1.0, 1.0) if child is None else ELEMENTWISE["tanh"](child)

    def apply(self, values: Floats) -> Floats:
        """Squash."""
        return np.tanh(values)


@register_term("normalize")
class Normalize(Transform):
    """Pays the child divided by the running standard deviation of its values.

    The statistics are over single rewards of the term, so nothing can leak from one episode to
    the next, and only `update` moves them (Chan et al. 1983, parallel variance). Until two
    values were seen it divides by 1.

    Args:
        child: the term.
        center: whether to subtract the running mean too.
        epsilon: added to the variance, above 0, so that nothing is divided by 0.
    """

    usage = "normalize(T, center=False, epsilon=1e-8)"

    def __init__(self, child: Any, *, center: bool = False, epsilon: float = 1e-8) -> None:
        super().__init__(child)
        self.learns = True
        self.center = checks.truth("center of normalize", center, write="center=True")
        self.epsilon = checks.number("epsilon of normalize", epsilon, above=0, write="epsilon=1e-8")
        self.count, self.mean, self.squares = 0.0, 0.0, 0.0
        self._seen: Floats | None = None

    def step(self, transition: Transition) -> Floats:
        """Normalise, and keep the raw values for `update`."""
        self._seen = self.child.step(transition)
        return self.apply(self._seen)

    def apply(self, values: Floats) -> Floats:
        """Divide by the running deviation."""
        deviation = 1.0
        if self.count >= 2:
            deviation = float(np.sqrt(self.squares / self.count + self.epsilon))
        return (values - self.mean if self.center else values) / deviation

    def update(self, transition: Transition) -> None:
        """Merge the values of the last step into the statistics."""
        super().update(transition)
        seen = self.child.relabel(transition) if self._seen is None else self._seen
        self._seen = None
        seen = seen[np.isfinite(seen)]
        if not len(seen):
            return
        total = self.count + len(seen)
        shift = float(seen.mean()) - self.mean
        self.squares += float(((seen - seen.mean()) ** 2).sum())
        self.squares += shift**2 * self.count * len(seen) / total
        self.mean += shift * len(seen) / total
        self.count = total

    def state_dict(self) -> State:
        """The child's state and the statistics."""
        own = {"count": self.count, "mean": self.mean, "squares": self.squares}
        return {**super().state_dict(), **own}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the statistics."""
        super().load_state_dict(state)
        for key in ("count", "mean", "squares"):
            setattr(self, key, float(state.get(key, 0.0)))
