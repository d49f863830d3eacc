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


def check_shape(values: NDArray[Any], shape: tuple[int, ...]) -> None:
    """Whether values of shape (N, ...) are N of `shape`; axes of length 1 do not count.

    Raises:
        ContractError: they are not.
    """
    found = values.shape[1:]
    if values.ndim and (found == shape or _bare(found) == _bare(shape)):
        return
    received = f"one of {found}" if values.ndim else "a single number for all rows"
    raise ContractError(
        f"What novelty is told from has the shape {shape} in each row, as its space or feature "
        f"declares. Received {received}."
    )


def _bare(shape: tuple[int, ...]) -> list[int]:
    return [side for side in shape if side != 1]


def floats(values: Any, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """N values of `shape` and of any number type as float32 of shape (N, size).

    Raises:
        ContractError: one of them is NaN, or beyond what float32 holds, or no number, or they are
            of another shape.
    """
    try:
        array = _cast(np.asarray(values))
    except (TypeError, ValueError) as error:
        raise ContractError(
            f"What novelty is told from is arrays of numbers. Received {type(values[0]).__name__} "
            f"{values[0]!r:.60}."
        ) from error
    check_shape(array, shape)
    rows = array.reshape(len(array), -1)
    # The sum finds any NaN or infinity at a fifth of the cost of looking at each.
    if not np.isfinite(_sum(rows)) and not np.isfinite(rows).all():
        bad = float(np.asarray(values).reshape(rows.shape)[~np.isfinite(rows)][0])
        rule = "below 3.4e38 in size, as float32 is" if np.isfinite(bad) else "finite"
        raise ContractError(f"What novelty is told from must be {rule}. Received {bad}.")
    return rows


@np.errstate(over="ignore")  # what becomes infinite is told later
def _cast(array: NDArray[Any]) -> NDArray[np.float32]:
    return array.astype(np.float32)


@np.errstate(over="ignore", invalid="ignore")
def _sum(rows: NDArray[np.float32]) -> Any:
    return np.add.reduce(rows, axis=None)
