"""One-sided progress: improvement is paid, loss is free; biased on purpose."""

from __future__ import annotations

import numpy as np

from rewardsmith.language.inference import Givens, Interval
from rewardsmith.language.inference.functions import extreme
from rewardsmith.language.inference.interval import add, constant, negative
from rewardsmith.language.nodes import Expr
from rewardsmith.registry import register_term
from rewardsmith.rewards.expression import (
    features_of,
    inferred,
    potential_closures,
    state_expression,
)
from rewardsmith.term import Binding, Guarantee, Learner, RewardTerm
from rewardsmith.transition import Floats, Transition


@register_term("progress")
class Progress(RewardTerm):
    """Pays max(0, E(s_{t+1}) - E(s_t)).

    Going to and fro earns without end (the bicycle that circles, Randlov and Alstrom 1998),
    so it is declared biased. Use `potential` for the safe form.

    Args:
        expression: a quantity of one state that should grow.
    """

    usage = "progress(E)"
    guarantee = Guarantee.BIASED

    def __init__(self, expression: Expr | str | float) -> None:
        self.expression = state_expression(expression, "progress(E)")

    @property
    def needs(self) -> frozenset[str]:
        """Features of the expression."""
        return features_of(self.expression)

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """From 0 to the width of the expression's range."""
        now, after = (
            inferred(self.expression, givens, at=at, state_only=True) for at in ("now", "next")
        )
        return extreme("max", [add(after, negative(now)), constant(0.0)])

    def bind(self, binding: Binding) -> None:
        """Check the features and compile."""
        super().bind(binding)
        self._now, self._next = potential_closures(self.expression, binding)

    def relabel(self, transition: Transition) -> Floats:
        """The gain of each row, shape (N,), at least 0."""
        return np.maximum(self._next(transition) - self._now(transition), 0.0)
