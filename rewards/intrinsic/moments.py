"""Running mean and deviation: explicit state, moved by `update` alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rewardsmith.term import State
from rewardsmith.transition import Floats

#: rows taken at a time: 256 * 255**2 < 2**24, up to which float32 holds every whole number
_CHUNK = 256


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

    def add(self, rows: Any, unit: float = 1.0) -> None:
        """Merge rows of shape (N, size), each number divided by `unit`."""
        rows = np.asarray(rows)
        for start in range(0, len(rows), _CHUNK):
            part = rows[start : start + _CHUNK]
            mean, squares = _of_bytes(part) if rows.dtype == np.uint8 else _of_numbers(part)
            self._merge(len(part), mean / unit, squares / unit**2)

    def add_values(self, values: Floats) -> None:
        """Merge float64 numbers of shape (N,), one a row: to the bit what `add` does, and faster.

        Few numbers come at a time, step by step, and then arrays of one take longer than floats.
        """
        for start in range(0, len(values), _CHUNK):
            part = values[start : start + _CHUNK]
            mean = float(np.add.reduce(part)) / len(part)
            part = part - mean
            total = self.count + len(part)
            shift, kept = mean - float(self.mean[0]), float(self.squares[0])
            squares = kept + float(np.einsum("i,i->", part, part))
            self.squares[0] = squares + shift * shift * (self.count * len(part) / total)
            self.mean[0] += shift * (len(part) / total)
            self.count = total

    def _merge(self, count: int, mean: Floats, squares: Floats) -> None:
        total = self.count + count
        shift = mean - self.mean
        self.squares += squares
        self.squares += shift**2 * (self.count * count / total)
        self.mean += shift * (count / total)
        self.count = total

    def state_dict(self) -> State:
        """Count, mean and sum of squared deviations."""
        return {"count": self.count, "mean": self.mean.copy(), "squares": self.squares.copy()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        self.count = float(state["count"])
        self.mean = np.array(state["mean"], dtype=np.float64)
        self.squares = np.array(state["squares"], dtype=np.float64)


def _of_numbers(rows: Any) -> tuple[Floats, Floats]:
    """Mean and sum of squared deviations."""
    rows = rows.astype(np.float64)
    mean: Floats = rows.mean(axis=0)
    rows -= mean
    return mean, np.einsum("ij,ij->j", rows, rows)


def _of_bytes(rows: Any) -> tuple[Floats, Floats]:
    """The same, without rounding: float32 holds the sums of so few squares of bytes exactly."""
    numbers = rows.astype(np.float32)
    total = numbers.sum(axis=0).astype(np.float64)
    squares = np.einsum("ij,ij->j", numbers, numbers).astype(np.float64)
    return total / len(rows), squares - total**2 / len(rows)
