"""Several rewards for one thing, put together with caution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rewardsmith import checks
from rewardsmith.build import as_term
from rewardsmith.errors import ConfigError, near_misses
from rewardsmith.language.inference import Givens, Interval
from rewardsmith.registry import register_term
from rewardsmith.rewards.gates import Gate
from rewardsmith.term import Learner, RewardTerm
from rewardsmith.transition import Floats, Transition

from .base import at_least, widest

WAYS = ("min", "mean", "uwo")


@register_term("ensemble")
class Ensemble(Gate):
    """Pays, row by row, the least or the mean of several terms, or the mean less their variance.

    Coste et al. 2023, "Reward Model Ensembles Help Mitigate Overoptimization" (arXiv 2310.02743):
    equations 3 to 5: mean optimisation (`mean`), worst-case optimisation (`min`), and
    uncertainty-weighted optimisation (`uwo`): mean - penalty * 1/k sum_i (R_i - mean)^2 (the
    released code divides by k - 1).

    Args:
        terms: two or more terms.
        how: `min`, `mean` or `uwo`.
        penalty: lambda, the weight of the variance in `uwo`.
    """

    decided_by_parts = frozenset({"scope"})

    def __init__(self, *terms: Any, how: str = "min", penalty: float = 0.5) -> None:
        at_least(terms, 2, "ensemble", "ensemble(T1, T2, how='min')")
        super().__init__([as_term(t) for t in terms], [])
        self.scope = widest(self.children)
        if how not in WAYS:
            raise ConfigError(
                f"how of ensemble is one of {', '.join(WAYS)}. Received {how!r}."
                f"{near_misses(str(how), WAYS)}"
            )
        self._how = how
        what = "penalty of ensemble"
        self._penalty = checks.number(what, penalty, least=0, write="penalty=0.5")

    def step(self, transition: Transition) -> Floats:
        """Put together, online."""
        return self._join(lambda term: term.step(transition))

    def relabel(self, transition: Transition) -> Floats:
        """Put together, of stored transitions."""
        return self._join(lambda term: term.relabel(transition))

    def finish(self, transition: Transition) -> Floats:
        """Put together, over one episode."""
        return self._join(lambda term: term.finish(transition))

    def finish_group(self, episodes: Sequence[Transition]) -> list[Floats]:
        """Put together, over each of several episodes."""
        paid = [term.finish_group(episodes) for term in self.children]
        return [self._joined([p[i] for p in paid]) for i in range(len(episodes))]

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """From the least to the most that any term pays; `uwo` can go below."""
        parts = [child.bounds(givens, learner) for child in self.children]
        known = [p for p in parts if p is not None and p.bounded]
        if len(known) < len(parts):
            return None
        lows, highs = [p.low for p in known], [p.high for p in known]
        low, high = min(lows), min(highs)
        if self._how != "min":
            low, high = float(np.mean(lows)), float(np.mean(highs))
        if self._how == "uwo":  # no variance is above a quarter of the squared range
            low -= self._penalty * (max(highs) - min(lows)) ** 2 / 4
        return Interval(low, high)

    def _join(self, pay: Callable[[RewardTerm], Floats]) -> Floats:
        return self._joined([pay(term) for term in self.children])

    def _joined(self, values: list[Floats]) -> Floats:
        table = np.array(values)
        if self._how == "min":
            return np.asarray(table.min(axis=0))
        mean = table.mean(axis=0)
        return np.asarray(mean if self._how == "mean" else mean - self._penalty * table.var(axis=0))
