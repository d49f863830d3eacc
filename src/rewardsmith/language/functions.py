"""The functions and operators of the expression language, on arrays of N rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardsmith.language import tolerance

Array = NDArray[Any]

#: names that are no features: what they mean is in docs/contracts.md
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


def _norm(rows: Array) -> Array:
    """Euclidean length of each row."""
    return np.asarray(np.sqrt(np.sum(rows * rows, axis=_inner(rows))))


def _inner(rows: Array) -> tuple[int, ...]:
    return tuple(range(1, rows.ndim))


#: reduce the elements of one row to one number; a scalar row is its own sum
REDUCTIONS: Mapping[str, Callable[[Array], Array]] = MappingProxyType(
    {
        "norm": _norm,
        "sum": lambda rows: np.asarray(np.sum(rows, axis=_inner(rows))),
        "mean": lambda rows: np.asarray(np.mean(rows, axis=_inner(rows))),
        "min": lambda rows: np.asarray(np.min(rows, axis=_inner(rows))),
        "max": lambda rows: np.asarray(np.max(rows, axis=_inner(rows))),
        "any": lambda rows: np.asarray(np.any(rows, axis=_inner(rows))),
        "all": lambda rows: np.asarray(np.all(rows, axis=_inner(rows))),
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


def _extreme(ufunc: np.ufunc, values: tuple[Array, ...]) -> Array:
    result = values[0]
    for value in values[1:]:
        result = ufunc(result, value)
    return result


def apply(name: str, values: tuple[Array, ...], options: Mapping[str, Any]) -> Array:
    """Apply the function `name` to aligned arrays; `where` takes truth values first."""
    if name in ELEMENTWISE:
        return np.asarray(ELEMENTWISE[name](values[0]))
    if name in REDUCTIONS and len(values) == 1:
        return REDUCTIONS[name](values[0])
    if name == "tolerance":
        return tolerance.evaluate(values[0], **options)
    if name == "clip":
        return np.asarray(np.minimum(np.maximum(values[0], values[1]), values[2]))
    if name == "where":
        return np.where(*values)
    return _extreme(np.minimum if name == "min" else np.maximum, values)
