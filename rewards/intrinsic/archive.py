"""A bounded archive of behaviours that grows by the most novel of each generation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rewardsmith.errors import ConfigError
from rewardsmith.term import State
from rewardsmith.transition import Floats

Descriptors = NDArray[np.float32]
#: float32 or float64
Distances = NDArray[Any]


class Archive:
    """Descriptors float32 of `size` numbers: at most `capacity`, the oldest goes first.

    Descriptors gather in a generation. Once it is full, the `added` of them that are most novel
    beside the archive and the rest of the generation join the archive, and a new one begins
    (Paolo et al. 2019, arXiv 1909.05508: 5 of each 100).

    Args:
        size: numbers in a descriptor.
        k: neighbours that novelty is told from.
        capacity: descriptors that the archive keeps.
        generation: descriptors in a generation.
        added: how many of them join the archive.

    >>> archive = Archive(1, k=2, capacity=9, generation=2, added=1)
    >>> archive.add([[0.0], [4.0]])
    >>> archive.novelty([[10.0]]).tolist(), len(archive)
    ([10.0], 1)
    """

    def __init__(self, size: int, *, k: int, capacity: int, generation: int, added: int) -> None:
        self.k, self.added = k, added
        self.kept: Descriptors = np.zeros((capacity, size), dtype=np.float32)
        self.young: Descriptors = np.zeros((generation, size), dtype=np.float32)
        self.seen, self.age = 0, 0

    def __len__(self) -> int:
        return min(self.seen, len(self.kept))

    def novelty(self, rows: Any) -> Floats:
        """Mean distance to the k nearest of archive and generation; 0 where there are none.

        Args:
            rows: descriptors, shape (N, size).

        Returns:
            Shape (N,), in [0, inf); the mean of all if there are fewer than k.
        """
        return _mean_nearest(self._apart(np.asarray(rows, dtype=np.float32)), self.k)

    def add(self, rows: Any) -> None:
        """Let descriptors of shape (N, size) join the generation, in order."""
        rows = np.asarray(rows, dtype=np.float32)
        while len(rows):
            room = len(self.young) - self.age
            self.young[self.age : self.age + len(rows[:room])] = rows[:room]
            self.age += len(rows[:room])
            rows = rows[room:]
            if self.age == len(self.young):
                self._grow()

    def _grow(self) -> None:
        apart = self._apart(self.young)
        itself = len(self) + np.arange(len(self.young))
        apart[np.arange(len(self.young)), itself] = np.inf
        novel = _mean_nearest(apart, self.k)
        best = np.argsort(-novel, kind="stable")[: self.added]
        for row in self.young[best]:
            self.kept[self.seen % len(self.kept)] = row
            self.seen += 1
        self.age = 0

    def _apart(self, rows: Descriptors) -> Distances:
        """Distances, shape (N, archive + generation); float64 where their squares need it."""
        there = (self.kept[: len(self)], self.young[: self.age])
        found = np.concatenate([_distances(rows, x) for x in there], axis=1)
        if np.isfinite(found).all():
            return found
        wide = [_distances(rows.astype(np.float64), x.astype(np.float64)) for x in there]
        return np.concatenate(wide, axis=1)

    def state_dict(self) -> State:
        """The descriptors of archive and generation."""
        return {
            "kept": self.kept[: len(self)].copy(),
            "young": self.young[: self.age].copy(),
            "seen": self.seen,
            "shape": np.array([*self.kept.shape, len(self.young)]),
        }

    def load_state_dict(self, state: Mapping[str, Any], who: str) -> None:
        """Take over what `state_dict` gave.

        Raises:
            ConfigError: it is that of an archive of another shape; names the term `who`.
        """
        saved, here = (
            tuple(np.asarray(state["shape"]).tolist()),
            (*self.kept.shape, len(self.young)),
        )
        if saved != here:
            raise ConfigError(
                f"{who} takes an archive of as many rows, numbers in a row and rows in a "
                f"generation as its own. Received {saved}, here are {here}; build it with the "
                "options and the env that it was saved with."
            )
        kept, young = np.asarray(state["kept"]), np.asarray(state["young"])
        self.kept[: len(kept)], self.young[: len(young)] = kept, young
        self.seen, self.age = int(state["seen"]), len(young)


def _distances(rows: Distances, others: Distances) -> Distances:
    here, there = (torch.from_numpy(np.ascontiguousarray(x)) for x in (rows, others))
    mode = "donot_use_mm_for_euclid_dist"
    found: Distances = torch.cdist(here, there, compute_mode=mode).numpy()
    return found


def _mean_nearest(apart: Distances, k: int) -> Floats:
    """Row means of the k smallest finite distances; 0 without any."""
    if not apart.shape[1]:
        return np.zeros(len(apart))
    nearest = np.partition(apart, min(k, apart.shape[1]) - 1, axis=1)[:, :k].astype(np.float64)
    known = np.isfinite(nearest)
    total = np.where(known, nearest, 0.0).sum(axis=1)
    found: Floats = total / np.maximum(known.sum(axis=1), 1)
    return found
