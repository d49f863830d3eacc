"""Rows as they are, or through a fixed random projection that nearly keeps their distances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.intrinsic.encoders.base import Rows
from rewardsmith.term import State


class Projection:
    """x A / sqrt(out), with the numbers of A drawn from N(0, 1); nothing without `out`.

    Johnson and Lindenstrauss 1984: squared distances keep their mean and get a relative
    deviation of sqrt(2 / out).

    Args:
        size: numbers in a row.
        out: numbers that remain; None leaves rows as they are (bytes as numbers from 0 to 1).
        seed: of A.

    >>> Projection(2, None, seed=0)(np.array([[255, 0]], dtype=np.uint8)).tolist()
    [[1.0, 0.0]]
    """

    def __init__(self, size: int, out: int | None, seed: int) -> None:
        self.out = size if out is None else out
        self.matrix: NDArray[np.float32] | None = None
        if out is not None:
            drawn = np.random.default_rng(seed).normal(size=(size, out)) / np.sqrt(out)
            self.matrix = drawn.astype(np.float32)

    def __call__(self, rows: Rows) -> NDArray[np.float32]:
        """Float32 rows of shape (N, out)."""
        floats: Any = rows / np.float32(255) if rows.dtype == np.uint8 else rows
        projected: NDArray[np.float32] = floats if self.matrix is None else floats @ self.matrix
        return projected

    def state_dict(self) -> State:
        """A, if there is one."""
        return {} if self.matrix is None else {"matrix": self.matrix.copy()}

    def load_state_dict(self, state: Mapping[str, Any], who: str) -> None:
        """Take over what `state_dict` gave.

        Raises:
            ConfigError: it is that of another shape; names the term `who`.
        """
        saved = np.shape(state["matrix"]) if "matrix" in state else ()
        here = () if self.matrix is None else self.matrix.shape
        if saved != here:
            raise ConfigError(
                f"{who} takes a projection of its own shape. Received {saved or 'none'}, here is "
                f"{here or 'none'}; build it with the env and the projection= that it was saved "
                "with."
            )
        if self.matrix is not None:
            self.matrix = np.array(state["matrix"], dtype=np.float32)
