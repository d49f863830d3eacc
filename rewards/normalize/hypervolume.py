"""A sum of rewards that counts more while the policy pushes the Pareto front out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from rewardsmith import checks
from rewardsmith.build import as_term
from rewardsmith.errors import ConfigError
from rewardsmith.registry import register_term
from rewardsmith.rewards.gates import Gate
from rewardsmith.term import State
from rewardsmith.transition import Floats, Transition

from .base import at_least
from .gdpo import weights_of
from .volume import Point, hypervolume, pareto

#: points of the front that are kept, the newest
KEPT = 64
#: most objectives
MOST = 5


@register_term("hypervolume")
class Hypervolume(Gate):
    """Pays the weighted sum of terms times 0.5 + 1.5 tanh(gain), gain the newest front's growth.

    Lu et al. 2025, "Learning to Optimize Multi-Objective Alignment Through Dynamic Reward
    Weighting" (arXiv 2509.11452), hypervolume-guided weight adaptation, the factor as released:
    0.5 + 1.5 tanh(hypervolume that the newest point adds to the points so far, above a reference
    point). There a point is a checkpoint's validation score; here it is the mean of each term over
    the last `every` rows that the policy has collected, so that no validation is needed (ours).
    Until the first point the factor is 1. Only `update` moves it; evaluation does not.

    Args:
        terms: two to five terms that pay step by step, all to be maximised.
        reference: one number per term, the point that counts as nothing; () is 0 each.
        weights: one per term; () is 1 each.
        every: rows in a window.
    """

    def __init__(
        self,
        *terms: Any,
        reference: tuple[float, ...] = (),
        weights: tuple[float, ...] = (),
        every: int = 1000,
    ) -> None:
        at_least(terms, 2, "hypervolume", "hypervolume(T1, T2)")
        if len(terms) > MOST:
            raise ConfigError(f"hypervolume takes at most {MOST} terms. Received {len(terms)}.")
        super().__init__([as_term(t) for t in terms], [])
        self._refuse_deferred()
        self.learns = True
        self._weights = weights_of(weights, len(terms), "hypervolume")
        floor = (
            weights_of(reference, len(terms), "hypervolume") if reference else np.zeros(len(terms))
        )
        self._floor: Point = tuple(float(v) for v in floor)
        self._every = checks.whole("every of hypervolume", every, least=1, write="every=1000")
        self.factor, self._rows = 1.0, 0
        self._sums = np.zeros(len(terms))
        self._front: list[Point] = []

    def step(self, transition: Transition) -> Floats:
        """The weighted sum times the factor, online."""
        return self._paid([c.step(transition) for c in self.children])

    def relabel(self, transition: Transition) -> Floats:
        """The weighted sum times the factor of now, of stored transitions."""
        return self._paid([c.relabel(transition) for c in self.children])

    def _paid(self, values: list[Floats]) -> Floats:
        return np.asarray(self.factor * (self._weights @ np.array(values)))

    def update(self, transition: Transition) -> None:
        """Gather the terms' means; at the end of a window look at the front."""
        values = np.array([c.relabel(transition) for c in self.children])
        super().update(transition)
        values = values[:, np.isfinite(values).all(axis=0)]
        self._sums += values.sum(axis=1)
        self._rows += values.shape[1]
        if self._rows >= self._every:
            self._look(tuple(float(v) for v in self._sums / self._rows))
            self._sums, self._rows = np.zeros_like(self._sums), 0

    def _look(self, point: Point) -> None:
        old = hypervolume(self._front, self._floor)
        self._front = pareto([*self._front, point])[-KEPT:]
        gain = hypervolume(pareto([*self._front, point]), self._floor) - old
        self.factor = 0.5 + 1.5 * math.tanh(max(gain, 0.0))

    def state_dict(self) -> State:
        """The terms' state, the window, the front and the factor."""
        own = {
            "factor": self.factor,
            "rows": self._rows,
            "sums": self._sums.copy(),
            "front": np.array(self._front, dtype=np.float64).reshape(-1, len(self._floor)),
        }
        return {"children": super().state_dict(), **own}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        super().load_state_dict(state["children"])
        self.factor, self._rows = float(state["factor"]), int(state["rows"])
        self._sums = np.array(state["sums"], dtype=np.float64)
        self._front = [tuple(map(float, point)) for point in np.asarray(state["front"])]


def point_of(reference: Any, n: int) -> Floats:
    """The reference point: one number per term; () is 0 each."""
    given = tuple(reference) if isinstance(reference, tuple | list) else (reference,)
    if given and len(given) != n:
        raise ConfigError(
            f"The reference of hypervolume has one number per term. Received {len(given)} for {n} "
            f"terms; write reference=({', '.join(['0'] * n)})."
        )
    found = [checks.number("each number of the reference of hypervolume", v) for v in given]
    return np.array(found or [0.0] * n)
