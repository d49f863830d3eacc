"""The functions and operators of the expression language, on arrays of N rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardsmith.language.tolerance import make_tolerance

Array = NDArray[Any]

#: names that are no features: what they mean is in docs/design.md
BUILTIN_NAMES = ("obs", "action", "reward", "t")
#: kinds of schedules, which multiply a term at the level of the reward
SCHEDULES = ("constant", "linear", "cosine", "steps", "anneal")

BINARY: Mapping[str, np.ufunc] = MappingProxyType(
    {
        "+": np.add,
        "-": np.subtract,
        "*": np.multiply,
        "/": np.true_divide,
        "//": np.floor_divide,
        "%": np.remainder,
        "**": np.power,
    }
)
COMPARE: Mapping[str, np.ufunc] = MappingProxyType(
    {
        "<": np.less,
        "<=": np.less_equal,
        ">": np.greater,
        ">=": np.greater_equal,
        "==": np.equal,
        "!=": np.not_equal,
    }
)
LOGIC: Mapping[str, np.ufunc] = MappingProxyType({"and": np.logical_and, "or": np.logical_or})
ELEMENTWISE: Mapping[str, np.ufunc] = MappingProxyType(
    {
        "abs": np.absolute,
        "exp": np.exp,
        "log": np.log,
        "sqrt": np.sqrt,
        "tanh": np.tanh,
        "sin": np.sin,
        "cos": np.cos,
        "sign": np.sign,
    }
)


def _reduced(ufunc: np.ufunc) -> Callable[[Array], Array]:
    """Reduce one row's elements; a number per row is its own sum."""

    def reduce(rows: Array) -> Array:
        if rows.ndim < 2:
            return rows
        return np.asarray(ufunc.reduce(rows, axis=tuple(range(1, rows.ndim))))

    return reduce


_sum = _reduced(np.add)


def _norm(rows: Array) -> Array:
    if rows.ndim == 2:  # four times as fast as the general form on many rows
        return np.asarray(np.sqrt(np.einsum("ij,ij->i", rows, rows)))
    return np.absolute(rows) if rows.ndim < 2 else np.sqrt(_sum(rows * rows))


def _mean(rows: Array) -> Array:
    return rows if rows.ndim < 2 else _sum(rows) / math.prod(rows.shape[1:])


#: reduce the elements of one row to one number
REDUCTIONS: Mapping[str, Callable[[Array], Array]] = MappingProxyType(
    {
        "norm": _norm,
        "sum": _sum,
        "mean": _mean,
        "min": _reduced(np.minimum),
        "max": _reduced(np.maximum),
        "any": _reduced(np.logical_or),
        "all": _reduced(np.logical_and),
    }
)


@dataclass(frozen=True)
class Signature:
    """How a function is called.

    Args:
        usage: as shown in errors.
        least, most: number of positional expressions.
        options: keywords, in the order in which they may also follow by position.
    """

    usage: str
    least: int = 1
    most: int = 1
    options: tuple[str, ...] = ()


FUNCTIONS: Mapping[str, Signature] = MappingProxyType(
    {
        **{name: Signature(f"{name}(x)") for name in (*ELEMENTWISE, *REDUCTIONS)},
        "min": Signature("min(a, b, ...) or min(vector)", 1, 64),
        "max": Signature("max(a, b, ...) or max(vector)", 1, 64),
        "clip": Signature("clip(x, low, high)", 3, 3),
        "where": Signature("where(condition, a, b)", 3, 3),
        "tolerance": Signature(
            "tolerance(x, bounds=(low, high), margin=m, sigmoid='gaussian', value_at_margin=0.1)",
            options=("bounds", "margin", "sigmoid", "value_at_margin"),
        ),
    }
)


def align(*arrays: Array) -> tuple[Array, ...]:
    """Line up rows: `(N,)` beside `(N, k)` becomes `(N, 1)`; constants `()` stay.

    >>> [a.shape for a in align(np.zeros(4), np.zeros((4, 3)), np.float64(2.0))]
    [(4, 1), (4, 3), ()]
    """
    most = max(a.ndim for a in arrays)
    return tuple(
        a if a.ndim in (0, most) else a.reshape(a.shape[0], *(1,) * (most - a.ndim), *a.shape[1:])
        for a in arrays
    )


def one_argument(name: str, options: Mapping[str, Any]) -> Callable[[Array], Array]:
    """The function `name` of one array; `any` and `all` take truth values."""
    if name == "tolerance":
        return make_tolerance(**options)
    return ELEMENTWISE[name] if name in ELEMENTWISE else REDUCTIONS[name]


def where(condition: Array, a: Array, b: Array) -> Array:
    """`a` on the rows (or elements) where `condition` is true, else `b`."""
    if not condition.ndim == a.ndim == b.ndim:
        condition, a, b = align(condition, a, b)
    return np.where(condition, a, b)
