"""Any expression over one transition, paid every step."""

from __future__ import annotations

from rewardsmith.language.inference import Givens, Interval
from rewardsmith.language.nodes import Expr
from rewardsmith.registry import register_term
from rewardsmith.rewards.expression import as_expression, compiled, features_of, inferred
from rewardsmith.term import Binding, Guarantee, Learner, RewardTerm
from rewardsmith.transition import Floats, Transition


@register_term("value")
class Value(RewardTerm):
    """Pays E(s_t, a_t, s_{t+1}); a bare expression in a formula is this term.

    Args:
        expression: one number per row; `next(f)` reads a feature at s_{t+1}.
    """

    usage = "value(E)"
    guarantee = Guarantee.BIASED

    def __init__(self, expression: Expr | str | float) -> None:
        self.expression = as_expression(expression)

    @property
    def needs(self) -> frozenset[str]:
        """Features of the expression."""
        return features_of(self.expression)

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """The expression's interval."""
        return inferred(self.expression, givens)

    def bind(self, binding: Binding) -> None:
        """Check the features and compile."""
        super().bind(binding)
        self._value = compiled(self.expression, binding)

    def relabel(self, transition: Transition) -> Floats:
        """The expression's value, shape (N,)."""
        return self._value(transition)
