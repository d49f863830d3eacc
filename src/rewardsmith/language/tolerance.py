"""`tolerance`: 1 inside bounds, falling off smoothly outside (dm_control's `rewards.py`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def _gaussian(x: Array, v: float) -> Array:
    return np.asarray(np.exp(-0.5 * (x * np.sqrt(-2 * np.log(v))) ** 2))


def _hyperbolic(x: Array, v: float) -> Array:
    # 1/cosh overflows to 0 for large x, which is its limit.
    return np.asarray(1 / np.cosh(x * np.arccosh(1 / v)))


def _long_tail(x: Array, v: float) -> Array:
    return np.asarray(1 / ((x * np.sqrt(1 / v - 1)) ** 2 + 1))


def _reciprocal(x: Array, v: float) -> Array:
    return np.asarray(1 / (np.abs(x) * (1 / v - 1) + 1))


def _cosine(x: Array, v: float) -> Array:
    angle = np.minimum(np.abs(x) * np.arccos(2 * v - 1), np.pi)  # 0 from there on
    return np.asarray((1 + np.cos(angle)) / 2)


def _linear(x: Array, v: float) -> Array:
    return np.maximum(1 - np.abs(x * (1 - v)), 0.0)


def _quadratic(x: Array, v: float) -> Array:
    return np.maximum(1 - (x * np.sqrt(1 - v)) ** 2, 0.0)


def _tanh_squared(x: Array, v: float) -> Array:
    return np.asarray(1 - np.tanh(x * np.arctanh(np.sqrt(1 - v))) ** 2)


SIGMOIDS: Mapping[str, Callable[[Array, float], Array]] = MappingProxyType(
    {
        "gaussian": _gaussian,
        "hyperbolic": _hyperbolic,
        "long_tail": _long_tail,
        "reciprocal": _reciprocal,
        "cosine": _cosine,
        "linear": _linear,
        "quadratic": _quadratic,
        "tanh_squared": _tanh_squared,
    }
)
#: these reach 0 at a finite distance, so 0 is a possible value at the margin
_REACH_ZERO = frozenset({"cosine", "linear", "quadratic"})


def check_tolerance(
    bounds: Any = (0.0, 0.0),
    margin: Any = 0.0,
    sigmoid: Any = "gaussian",
    value_at_margin: Any = 0.1,
) -> None:
    """Raise `ValueError` unless the options of `tolerance` make sense."""
    if not (isinstance(bounds, tuple | list) and len(bounds) == 2 and all(map(_number, bounds))):
        raise ValueError(f"bounds is a pair of numbers (low, high). Received {bounds!r}.")
    if not bounds[0] <= bounds[1]:
        raise ValueError(f"bounds are in order, low <= high. Received {bounds!r}.")
    if not (_number(margin) and 0 <= margin < np.inf):
        raise ValueError(f"margin is a finite number >= 0. Received {margin!r}.")
    if sigmoid not in SIGMOIDS:
        raise ValueError(f"sigmoid is one of {', '.join(SIGMOIDS)}. Received {sigmoid!r}.")
    if not _number(value_at_margin):
        raise ValueError(f"value_at_margin is a number. Received {value_at_margin!r}.")
    if not (0 < value_at_margin < 1 or (value_at_margin == 0 and sigmoid in _REACH_ZERO)):
        least = "at least 0" if sigmoid in _REACH_ZERO else "above 0"
        raise ValueError(
            f"value_at_margin is {least} and below 1 for {sigmoid}. Received {value_at_margin!r}."
        )


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not np.isnan(value)


def tolerance(
    x: Array | float,
    bounds: tuple[float, float] = (0.0, 0.0),
    margin: float = 0.0,
    sigmoid: str = "gaussian",
    value_at_margin: float = 0.1,
) -> Array:
    """1 where `low <= x <= high`, falling to `value_at_margin` at distance `margin` outside.

    With margin 0 it is 0 outside the bounds. Tassa et al. 2018 (DeepMind Control Suite),
    section "Reward"; the eight sigmoids are dm_control's.

    Args:
        x: any shape.
        bounds: inclusive, may be infinite.
        margin: distance >= 0, in the unit of x.
        sigmoid: gaussian, hyperbolic, long_tail, reciprocal, cosine, linear, quadratic or
            tanh_squared.
        value_at_margin: in (0, 1); 0 is allowed for cosine, linear and quadratic.

    Returns:
        float64 in [0, 1], of x's shape.

    >>> tolerance(np.array([0.5, 3.0, 5.0]), bounds=(0, 1), margin=4, sigmoid="linear").tolist()
    [1.0, 0.55, 0.09999999999999998]
    """
    check_tolerance(bounds, margin, sigmoid, value_at_margin)
    with np.errstate(all="ignore"):
        array = np.asarray(x, dtype=np.float64)
        return evaluate(array, bounds, margin, sigmoid, value_at_margin)


def evaluate(
    x: Array,
    bounds: tuple[float, float] = (0.0, 0.0),
    margin: float = 0.0,
    sigmoid: str = "gaussian",
    value_at_margin: float = 0.1,
) -> Array:
    """`tolerance` on a float64 array, with options already checked."""
    low, high = bounds
    inside = (low <= x) & (x <= high)
    if margin == 0:
        return np.where(np.isnan(x), np.nan, inside)
    distance = np.where(x < low, low - x, x - high) / margin
    return np.where(inside, 1.0, SIGMOIDS[sigmoid](distance, value_at_margin))
