"""Tiers of quality: the better the zone, the more it pays."""

from __future__ import annotations

from typing import Any

import numpy as np

from rewardsmith import checks
from rewardsmith.errors import ConfigError
from rewardsmith.language.inference import Givens, Interval
from rewardsmith.registry import register_term
from rewardsmith.rewards.expression import as_expression, compiled, features_of, inferred
from rewardsmith.term import Binding, Guarantee, Learner, RewardTerm
from rewardsmith.transition import Floats, Transition


@register_term("zones")
class Zones(RewardTerm):
    """Pays by the zone that a quantity has reached, in steps or smoothly.

    Sweet Spot Learning, SSL (arXiv 2601.22491): progressively amplified, tiered rewards guide
    towards the sweet spot; four zones did best there, their pays are second-hand unknown, so
    these are given. Staged, E pays the pay of the last edge that it reaches, and 0 below the
    first. Smooth, it pays along straight lines through (edge, pay), flat outside.

    Args:
        expression: what is graded, such as `next(progress)`.
        edges: where zones begin, rising.
        pays: what each zone is worth, one per edge, never falling.
        smooth: lines instead of steps.
    """

    guarantee = Guarantee.BIASED

    def __init__(
        self,
        expression: Any,
        *,
        edges: tuple[float, ...] = (0.25, 0.5, 0.75, 1.0),
        pays: tuple[float, ...] = (0.1, 0.3, 0.6, 1.0),
        smooth: bool = False,
    ) -> None:
        self.expression = as_expression(expression)
        self._edges, self._pays = self._rising(edges, "edges"), self._rising(pays, "pays")
        if len(self._edges) != len(self._pays) or np.any(np.diff(self._edges) <= 0):
            raise ConfigError(
                f"{self.term_name} has one pay per edge, and edges that rise. Received "
                f"edges={edges!r} and pays={pays!r}; write edges=(0.5, 1), pays=(0.2, 1)."
            )
        self._smooth = checks.truth(f"smooth of {self.term_name}", smooth, write="smooth=True")

    def _rising(self, values: Any, what: str) -> Floats:
        kept = values if isinstance(values, tuple | list) else (values,)
        who = f"each of the {what} of {self.term_name}"
        array = np.array([checks.number(who, v, write=f"{what}=(0.5, 1)") for v in kept])
        if not len(array) or np.any(np.diff(array) < 0):
            raise ConfigError(
                f"The {what} of {self.term_name} never fall, and there is one at least. Received "
                f"{values!r}; write {what}=(0.5, 1)."
            )
        return array

    @property
    def needs(self) -> frozenset[str]:
        """Features of the expression."""
        return features_of(self.expression)

    def bind(self, binding: Binding) -> None:
        """Compile the expression."""
        super().bind(binding)
        self._read = compiled(self.expression, binding)

    def relabel(self, transition: Transition) -> Floats:
        """Each row's zone's pay; NaN stays NaN."""
        value = self._read(transition)
        if self._smooth:
            return np.interp(value, self._edges, self._pays)
        ladder = np.concatenate([[0.0], self._pays])
        paid: Floats = ladder[np.searchsorted(self._edges, value, side="right")]
        return np.where(np.isnan(value), np.nan, paid)

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """From the lowest pay (or 0, in steps) to the highest."""
        inferred(self.expression, givens)
        low, high = float(self._pays[0]), float(self._pays[-1])
        return Interval(low, high) if self._smooth else Interval(min(low, 0.0), max(high, 0.0))
