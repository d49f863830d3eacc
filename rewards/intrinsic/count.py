"""Exact counts of states over all of training."""

from __future__ import annotations

from typing import Any

from rewardsmith.registry import register_term
from rewardsmith.rewards.intrinsic.counted import Counted
from rewardsmith.rewards.intrinsic.counts import Hashed, Keys, check_decimals
from rewardsmith.term import Binding
from rewardsmith.transition import Transition


@register_term("count")
class Count(Counted):
    """Pays n(s_{t+1})^-1/2, with n the exact number of visits over all of training.

    Bellemare et al. 2016 (arXiv 1606.01868), section 4: beta * (n + 0.01)^-1/2 of a pseudo-count;
    Tang et al. 2017 (arXiv 1611.04717): beta * n(phi(s))^-1/2 of a hash phi. Here the hash
    tells all states apart, beta is the term's weight in the sum, and n is at least 1. Numbers
    are rounded; text features count by the text itself. Rewards lie in (0, 1].

    Args:
        on, encoder, decay, capacity: as for `Counted`; in large or continuous spaces name
            features, since every observation may be new.
        decimals: digits after the point that numbers are rounded to.
    """

    source = "Tang et al. 2017 (arXiv 1611.04717), the bonus of a hash"

    def __init__(self, *on: Any, decimals: int = 4, **counting: Any) -> None:
        super().__init__(*on, **counting)
        self.decimals = check_decimals("count", decimals)

    def bind(self, binding: Binding) -> None:
        """Begin with nothing counted."""
        super().bind(binding)
        self.keys_of = Hashed(self.view, self.decimals)

    def keys(self, transition: Transition) -> Keys:
        """Hashes of what it looks at."""
        return self.keys_of(transition)
