"""`tolerance`: 1 inside bounds, falling off smoothly outside (dm_control's `rewards.py`)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


#: from value_at_margin v to a function of the distance d >= 0 in margins: 1 at 0, v at 1
_Sigmoid = Callable[[float], Callable[[Array], Array]]


def _gaussian(v: float) -> Callable[[Array], Array]:
    scale = math.log(v)
    return lambda d: np.exp(scale * d * d)


def _hyperbolic(v: float) -> Callable[[Array], Array]:
    scale = math.acosh(1 / v)
    return lambda d: 1 / np.cosh(scale * d)  # overflows to its limit 0


def _long_tail(v: float) -> Callable[[Array], Array]:
    scale = 1 / v - 1
    return lambda d: 1 / (scale * d * d + 1)


def _reciprocal(v: float) -> Callable[[Array], Array]:
    scale = 1 / v - 1
    return lambda d: 1 / (scale * d + 1)


def _cosine(v: float) -> Callable[[Array], Array]:
    scale = math.acos(2 * v - 1)
    return lambda d: (1 + np.cos(np.minimum(scale * d, math.pi))) / 2


def _linear(v: float) -> Callable[[Array], Array]:
    return lambda d: np.maximum(1 - (1 - v) * d, 0.0)


def _quadratic(v: float) -> Callable[[Array], Array]:
    return lambda d: np.maximum(1 - (1 - v) * d * d, 0.0)


def _tanh_squared(v: float) -> Callable[[Array], Array]:
    scale = math.atanh(math.sqrt(1 - v))
    return lambda d: 1 - np.square(np.tanh(scale * d))


SIGMOIDS: Mapping[str, _Sigmoid] = MappingProxyType(
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
        return make_tolerance(bounds, margin, sigmoid, value_at_margin)(array)


def make_tolerance(
    bounds: tuple[float, float] = (0.0, 0.0),
    margin: float = 0.0,
    sigmoid: str = "gaussian",
    value_at_margin: float = 0.1,
) -> Callable[[Array], Array]:
    """`tolerance` as a function of a float64 array; the options are checked already."""
    low, high = float(bounds[0]), float(bounds[1])
    if margin == 0:
        return lambda x: np.where(np.isnan(x), np.nan, (low <= x) & (x <= high))
    fall = SIGMOIDS[sigmoid](value_at_margin)
    distance = _distance(low, high)
    return lambda x: fall(distance(x) / margin)


def _distance(low: float, high: float) -> Callable[[Array], Array]:
    """How far outside the bounds; an infinite bound is never left (inf - inf would be NaN)."""
    if math.isinf(low) and math.isinf(high):
        return lambda x: np.where(np.isnan(x), np.nan, 0.0)
    if math.isinf(low):
        return lambda x: np.maximum(x - high, 0.0)
    if math.isinf(high):
        return lambda x: np.maximum(low - x, 0.0)
    if low == high:
        return lambda x: np.absolute(x - low)
    return lambda x: np.maximum(np.maximum(low - x, x - high), 0.0)
