"""Encoder: a batch of observations or features as rows of numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
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

    def exact(self, values: Any) -> Rows:
        """Rows that are equal only where values are: numbers not rounded to float32."""
        return self(values)


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


def array_of(values: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    """Values as an array of a number type of their own; `shape` is for the error alone.

    Raises:
        ContractError: they are a dictionary, text, None, ragged, complex or dates.
    """
    if not isinstance(values, Mapping):
        array = _inferred(values)
        if array is not None and array.dtype.kind in "biuf":
            return array
    raise ContractError(
        f"What novelty is told from is numbers of the shape {shape} in each row, as its space or "
        f"feature declares. Received {_first_odd(values)}."
    )


def _inferred(values: Any) -> NDArray[Any] | None:
    """Values as an array, of numbers where they are objects that are numbers; ragged ones: None."""
    try:
        array = np.asarray(values)
        if array.dtype != object:
            return array
        found = np.asarray(array.tolist())
        if found.dtype == object and all(isinstance(v, int | float) for v in found.ravel()):
            found = found.astype(np.float64)  # beyond 64 bits
    except (OverflowError, TypeError, ValueError):
        return None
    return found if found.shape == array.shape else None


def _first_odd(values: Any) -> str:
    """What is no number, in a few words."""
    if isinstance(values, Mapping):
        return f"a dictionary with the keys {sorted(map(str, values))!r:.60}"
    given = values.ravel().tolist() if isinstance(values, np.ndarray) else values
    single = given[0] if isinstance(given, list | tuple) and given else given
    odd = [v for v in given if not isinstance(v, int | float)] if isinstance(given, list) else []
    first = odd[0] if odd else single
    return told(first)


def told(value: Any) -> str:
    """A value's type and beginning, on one line."""
    return f"{type(value).__name__} {' '.join(repr(value).split()):.60}"


def numbers(values: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    """N values of `shape` as rows of shape (N, size), in a number type of their own.

    Raises:
        ContractError: they are no numbers, or of another shape.
    """
    array = array_of(values, shape)
    check_shape(array, shape)
    return array.reshape(len(array), math.prod(shape))


def floats(values: Any, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """N values of `shape` and of any number type as float32 of shape (N, size).

    Raises:
        ContractError: one of them is NaN, or beyond what float32 holds, or no number, or they are
            of another shape.
    """
    given = numbers(values, shape)
    rows = _cast(given, np.float32)
    _check_finite(rows, given)
    return rows


def exact(values: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    """N values of `shape`, of shape (N, size): whole numbers in their type, others in float64.

    Raises:
        ContractError: one of them is NaN, infinite or no number, or they are of another shape.
    """
    given = numbers(values, shape)
    if given.dtype.kind != "f":
        return given
    rows = _cast(given, np.float64)
    _check_finite(rows, given)
    return rows


def _check_finite(rows: NDArray[Any], given: NDArray[Any]) -> None:
    # The sum finds any NaN or infinity at a fifth of the cost of looking at each.
    if np.isfinite(_sum(rows)) or np.isfinite(rows).all():
        return
    bad = float(given[~np.isfinite(rows)][0])
    rule = "below 3.4e38 in size, as float32 is" if np.isfinite(bad) else "finite"
    raise ContractError(f"What novelty is told from must be {rule}. Received {bad}.")


@np.errstate(over="ignore")  # what becomes infinite is told later
def _cast(array: NDArray[Any], dtype: Any) -> NDArray[Any]:
    return array.astype(dtype)


@np.errstate(over="ignore", invalid="ignore")
def _sum(rows: NDArray[Any]) -> Any:
    return np.add.reduce(rows, axis=None)
