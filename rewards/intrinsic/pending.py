"""Rows that a learned term has seen and not yet learned from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardsmith.errors import ConfigError
from rewardsmith.term import State

Columns = dict[str, NDArray[Any]]


class Pending:
    """Columns of rows in the order of their coming, up to `capacity` and what one step adds.

    Args:
        capacity: rows after which it is full.

    >>> pending = Pending(2)
    >>> pending.add({"x": np.array([1.0, 2.0])})
    >>> pending.full, pending.take()["x"].tolist(), len(pending)
    (True, [1.0, 2.0], 0)
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._store: Columns = {}
        self._rows = 0

    def __len__(self) -> int:
        return self._rows

    @property
    def full(self) -> bool:
        """Whether it holds `capacity` rows."""
        return self._rows >= self.capacity

    def add(self, columns: Columns) -> None:
        """Append rows."""
        count = len(next(iter(columns.values())))
        for name, values in columns.items():
            self._room(name, values, count)[self._rows : self._rows + count] = values
        self._rows += count

    def take(self) -> Columns:
        """All rows, which it then forgets; read them before the next `add`."""
        taken = {name: store[: self._rows] for name, store in self._store.items()}
        self._rows = 0
        return taken

    def state_dict(self) -> State:
        """The rows."""
        return {name: store[: self._rows].copy() for name, store in self._store.items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        self._store, self._rows = {}, 0
        if state:
            self.add({name: np.asarray(values) for name, values in state.items()})

    def _room(self, name: str, values: NDArray[Any], count: int) -> NDArray[Any]:
        store = self._store.get(name)
        wanted = max(self.capacity, self._rows) + count
        if store is None or len(store) < self._rows + count:
            grown = _zeros((wanted, *values.shape[1:]), values.dtype)
            if store is not None:
                grown[: self._rows] = store[: self._rows]
            self._store[name] = store = grown
        return store


def _zeros(shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    try:
        return np.zeros(shape, dtype=dtype)
    except MemoryError as error:
        raise ConfigError(
            f"A learned term keeps the rows of update_every env steps. Received room for {shape} "
            f"numbers, more than there is memory ({error}); write a smaller update_every."
        ) from error
