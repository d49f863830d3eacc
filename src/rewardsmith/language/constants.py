"""The value of expressions that do not depend on the transition."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import reduce

import numpy as np

from rewardsmith.errors import LanguageError
from rewardsmith.language.functions import BINARY, COMPARE, LOGIC, Array, one_argument
from rewardsmith.language.nodes import (
    Binary,
    Call,
    Compare,
    Const,
    Expr,
    Logic,
    Unary,
)


def constant_value(tree: Expr) -> float | None:
    """The value of `tree`, or None if it reads the transition.

    Every constant part is worked out once, in floats, so `9**9**9**9` costs nothing and is
    refused. Raises `LanguageError` (without a source) where a constant part is not finite.
    """
    values = [constant_value(child) for child in tree.children() if isinstance(child, Expr)]
    if isinstance(tree, Const):
        return tree.value
    known = [v for v in values if v is not None]
    if not values or not foldable(tree) or len(known) < len(values):
        return None
    return fold(tree, known)


def foldable(tree: Expr) -> bool:
    """Whether `tree` is constant wherever all of its parts are."""
    return isinstance(tree, Unary | Binary | Compare | Logic | Call)


def fold(tree: Expr, values: list[float]) -> float:
    """The value of a `foldable` tree from the values of its one or more parts.

    Raises `LanguageError` (without a source) where it is not finite.
    """
    with np.errstate(all="ignore"):
        value = float(np.asarray(_evaluate(tree, [np.array([v]) for v in values])).ravel()[0])
    if not math.isfinite(value):
        message = f"This part is constant, and its value {value} is not a finite number."
        raise LanguageError(message, "", *tree.span)
    return value


def _evaluate(tree: Expr, values: list[Array]) -> Array:
    match tree:
        case Unary(op=op):
            return -values[0] if op == "-" else values[0] == 0
        case Binary(op=op):
            return np.asarray(BINARY[op](values[0], values[1]))
        case Compare(ops=ops):
            pairs = zip(ops, values[:-1], values[1:], strict=True)
            return np.asarray(all(bool(COMPARE[op](a, b)[0]) for op, a, b in pairs))
        case Logic(op=op):
            return np.asarray(LOGIC[op].reduce(np.array([bool(v[0]) for v in values])))
        case Call(function="where"):
            return values[1] if values[0] else values[2]
        case Call(function="clip"):
            return np.minimum(np.maximum(values[0], values[1]), values[2])
        case Call(function=name) if len(values) > 1:
            return reduce(np.minimum if name == "min" else np.maximum, values)
        case Call(function=name, options=options):
            return one_argument(name, dict(options))(values[0])
    raise TypeError(f"{type(tree).__name__} has no constant value")


def peel(tree: Expr) -> tuple[float, Expr | None]:
    """Split a product into its leading number and the rest (None if it is all number).

    >>> peel(Binary("*", Const(2.0), Unary("-", Const(3.0))))
    (-6.0, None)
    """
    value = constant_value(tree)
    if value is not None:
        return value, None
    if isinstance(tree, Unary) and tree.op == "-":
        weight, rest = peel(tree.of)
        return -weight, rest
    if isinstance(tree, Binary) and tree.op in ("*", "/"):
        weight, rest = peel(tree.left)
        if rest is not None:
            return weight, replace(tree, left=rest)
        if tree.op == "*":
            inner, rest = peel(tree.right)
            return weight * inner, rest
    return 1.0, tree
