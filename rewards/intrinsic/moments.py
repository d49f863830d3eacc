"""Running mean and deviation: explicit state, moved by `update` alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rewardsmith.term import State
from rewardsmith.transition import Floats


class Moments:
    """Mean and variance of rows seen so far (Chan et al. 1983, pairwise update).

    Args:
        size: numbers in a row.

    >>> moments = Moments(1)
    >>> moments.add(np.array([[1.0], [3.0]]))
    >>> moments.mean.tolist(), moments.variance.tolist()
    ([2.0], [1.0])
    """

    def __init__(self, size: int = 1) -> None:
        self.count = 0.0
        self.mean: Floats = np.zeros(size)
        self.squares: Floats = np.zeros(size)

    @property
    def variance(self) -> Floats:
        """Of what was seen, biased; zeros before anything was."""
        found: Floats = self.squares / max(self.count, 1.0)
        return found

    def deviation(self, epsilon: float = 1e-8) -> Floats:
        """Standard deviation; ones before two rows were seen."""
        if self.count < 2:
            return np.ones_like(self.mean)
        found: Floats = np.sqrt(self.variance + epsilon)
        return found

    def add(self, rows: Any) -> None:
        """Merge rows of shape (N, size)."""
        rows = np.asarray(rows, dtype=np.float64)
        if not len(rows):
            return
        mean, total = rows.mean(axis=0), self.count + len(rows)
        shift = mean - self.mean
        self.squares += ((rows - mean) ** 2).sum(axis=0)
        self.squares += shift**2 * (self.count * len(rows) / total)
        self.mean += shift * (len(rows) / total)
        self.count = total

    def state_dict(self) -> State:
        """Count, mean and sum of squared deviations."""
        return {"count": self.count, "mean": self.mean.copy(), "squares": self.squares.copy()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        self.count = float(state["count"])
        self.mean = np.array(state["mean"], dtype=np.float64)
        self.squares = np.array(state["squares"], dtype=np.float64)
