"""A constant price of each step."""

from __future__ import annotations

import numpy as np

from rewardsmith.errors import ConfigError
from rewardsmith.language.inference import Givens, Interval
from rewardsmith.language.nodes import Expr
from rewardsmith.registry import register_term
from rewardsmith.rewards.expression import as_number
from rewardsmith.term import Guarantee, Learner, RewardTerm
from rewardsmith.transition import Floats, Transition


@register_term("step_cost")
class StepCost(RewardTerm):
    """Pays -cost every step; hurries the agent, hence biased where episodes differ in length.

    Args:
        cost: at least 0, per step.
    """

    usage = "step_cost(c)"
    guarantee = Guarantee.BIASED

    def __init__(self, cost: Expr | float) -> None:
        self.cost = as_number(cost, "c of step_cost(c)")
        if self.cost < 0:
            raise ConfigError(
                f"step_cost takes a cost of at least 0, which it subtracts. Received {self.cost:g};"
                f" write step_cost({-self.cost:g})."
            )

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """-cost."""
        return Interval(-self.cost, -self.cost)

    def relabel(self, transition: Transition) -> Floats:
        """-cost in every row."""
        return np.full(len(transition), -self.cost)
