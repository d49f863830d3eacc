"""Encoder: a batch of observations or features as rows of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardsmith.errors import ContractError

#: float32, or uint8 for a picture of bytes
Rows = NDArray[Any]


class Encoder:
    """Turns N values of one kind into rows; keeps no state and learns nothing.

    Attributes:
        size: numbers in a row.
        image: (channels, height, width) if a row is a picture laid flat, else None.
        dtype: of the rows: uint8 for a picture of bytes alone, which nets divide by 255, else
            float32.
    """

    size: int
    image: tuple[int, int, int] | None = None
    dtype: Any = np.float32

    def __call__(self, values: Any) -> Rows:
        """Rows of shape (N, size)."""
        raise NotImplementedError


def floats(values: Any) -> NDArray[np.float32]:
    """Values of any number type as float32 of shape (N, size).

    Raises:
        ContractError: one of them is NaN or infinite, or no number.
    """
    try:
        array = np.asarray(values)
        rows = array.reshape(len(array), -1).astype(np.float32)
    except (TypeError, ValueError) as error:
        raise ContractError(
            f"What novelty is told from is arrays of numbers. Received {type(values[0]).__name__} "
            f"{values[0]!r:.60}."
        ) from error
    # The sum finds any NaN or infinity at a fifth of the cost of looking at each.
    if not np.isfinite(np.add.reduce(rows, axis=None)) and not np.isfinite(rows).all():
        bad = float(rows[~np.isfinite(rows)][0])
        raise ContractError(f"What novelty is told from must be finite. Received {bad}.")
    return rows
