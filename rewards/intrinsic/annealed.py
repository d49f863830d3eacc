"""Intrinsic rewards that fade: annealed, and policy-invariant explicit shaping."""

from __future__ import annotations

from typing import Any

from rewardsmith import checks
from rewardsmith.errors import ConfigError, near_misses
from rewardsmith.language.inference import Interval
from rewardsmith.language.inference.interval import constant, hull
from rewardsmith.registry import register_term
from rewardsmith.rewards.transforms import Transform
from rewardsmith.schedules import Compiled, cosine, linear
from rewardsmith.term import Guarantee
from rewardsmith.transition import Floats

_SHAPES = {"linear": linear, "cosine": cosine}


@register_term("annealed")
class Annealed(Transform):
    """Pays the child times a weight that falls from 1 to exactly 0 over `steps` env steps.

    From then on the learner sees the task alone, whose optimal policies are kept; until then the
    child may mislead it. The statistics and networks of the child go on learning throughout, so
    that it can be watched.

    Args:
        child: any term.
        steps: env steps over all slots until the weight is 0.
        shape: `linear` or `cosine`.
    """

    guarantee = Guarantee.ASYMPTOTIC

    def __init__(self, child: Any, *, steps: float = 1e6, shape: str = "linear") -> None:
        super().__init__(child)
        name = self.term_name
        self.steps = checks.number(f"steps of {name}", steps, above=0, write="steps=1e6")
        if shape not in _SHAPES:
            raise ConfigError(
                f"shape of {name} is one of {', '.join(_SHAPES)}. Received {shape!r}."
                f"{near_misses(str(shape), _SHAPES)}"
            )
        if self.child.carries_env:
            self.guarantee = Guarantee.BIASED  # the task's own reward would fade away
        self._schedule: Compiled = _SHAPES[shape](1.0, 0.0, steps=self.steps)

    def bounded(self, child: Interval) -> Interval | None:
        """The child's bounds and 0."""
        return hull([child, constant(0.0)])

    def apply(self, values: Floats) -> Floats:
        """Weight by the training clock."""
        weight = self._schedule.value(self.binding.clock.steps)
        return values if weight == 1.0 else values * weight


@register_term("pies")
class PIES(Annealed):
    """Policy-invariant explicit shaping: the child's say in what is done fades to nothing.

    Behboudian et al. 2020 (arXiv 2011.01297): the policy follows Q - xi*Phi, with the
    shaping learned apart from the task's values and xi falling linearly to 0. A policy gradient
    has no Q to add to; as in Forbes et al. 2025 (arXiv 2505.12611) xi weighs the
    reward. The task's values stay clean only where the child has a critic of its own:
    train with `two_streams`. With one critic it is `annealed`, and its values take some time
    to forget.

    Args:
        child: any term.
        steps: env steps over all slots until xi is 0.
    """

    def __init__(self, child: Any, *, steps: float = 1e6) -> None:
        super().__init__(child, steps=steps)
