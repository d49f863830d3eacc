"""A ring of representations that is asked for nearest neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rewardsmith.errors import ConfigError
from rewardsmith.term import State


class Neighbours:
    """The last `capacity` rows of all slots, float32; `4 * capacity * (size + 1)` bytes.

    Args:
        capacity: rows that it keeps; the oldest go first.
        size: numbers in a row.
        device: where they lie.

    >>> ring = Neighbours(capacity=2, size=1)
    >>> for x in (9.0, 0.0, 4.0):
    ...     ring.add(torch.tensor([[x]]))
    >>> ring.nearest(torch.tensor([[1.0]]), k=2).tolist()
    [[1.0, 3.0]]
    """

    def __init__(self, capacity: int, size: int, device: torch.device | str = "cpu") -> None:
        self.capacity, self.size = capacity, size
        self.rows = torch.zeros(capacity, size, device=device)
        self._squares = torch.zeros(capacity, device=device)
        self.seen = 0

    @property
    def held(self) -> int:
        """Rows that it holds."""
        return min(self.seen, self.capacity)

    @property
    def bytes(self) -> int:
        """Bytes that it takes."""
        return 4 * self.capacity * (self.size + 1)

    def add(self, rows: Tensor) -> None:
        """Keep rows of shape (N, size), in their order."""
        rows = rows[-self.capacity :]
        place = self.seen % self.capacity
        first = min(len(rows), self.capacity - place)
        for part, at in ((rows[:first], place), (rows[first:], 0)):
            if len(part):
                self.rows[at : at + len(part)] = part
                self._squares[at : at + len(part)] = part.square().sum(dim=1)
        self.seen += len(rows)

    def nearest(self, rows: Tensor, k: int) -> Tensor:
        """Distances to the k nearest, ascending, shape (N, k); it holds at least k."""
        held = self.held
        ring = self.rows[:held]
        # Products find candidates fast (|x - y|^2 but for |x|^2); differences then measure them.
        guess = torch.addmm(self._squares[:held], rows, ring.T, alpha=-2)
        count = min(held, 2 * k + 2)
        chosen = torch.topk(guess, count, dim=1, largest=False, sorted=False).indices
        exact = torch.linalg.vector_norm(ring[chosen] - rows[:, None], dim=2)
        return torch.topk(exact, k, dim=1, largest=False).values

    def clear(self) -> None:
        """Forget everything."""
        self.seen = 0

    def state_dict(self) -> State:
        """The rows that it holds, and how many it has seen."""
        return {
            "rows": self.rows[: self.held].cpu().numpy().copy(),
            "squares": self._squares[: self.held].cpu().numpy().copy(),
            "capacity": self.capacity,
            "seen": self.seen,
        }

    def load_state_dict(self, state: Mapping[str, Any], who: str) -> None:
        """Take over what `state_dict` gave.

        Raises:
            ConfigError: it is that of another capacity or size; names the term `who`.
        """
        rows = np.array(state["rows"], dtype=np.float32)
        saved, here = (int(state["capacity"]), rows.shape[1]), (self.capacity, self.size)
        if saved != here:
            raise ConfigError(
                f"{who} takes the ring of as many rows and numbers in a row as its own. Received "
                f"{saved}, here are {here}; build it with the options that it was saved with."
            )
        squares = np.array(state["squares"], dtype=np.float32)
        self.rows[: len(rows)] = torch.from_numpy(rows).to(self.rows.device)
        self._squares[: len(rows)] = torch.from_numpy(squares).to(self.rows.device)
        self.seen = int(state["seen"])
