"""Expressions -> closures over NumPy arrays. Nothing is ever executed as Python text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardsmith.errors import LanguageError
from rewardsmith.features import FeatureSchema
from rewardsmith.language.constants import constant_value
from rewardsmith.language.functions import (
    BINARY,
    COMPARE,
    LOGIC,
    Array,
    align,
    one_argument,
    where,
)
from rewardsmith.language.nodes import (
    Binary,
    Call,
    Compare,
    Expr,
    Index,
    Logic,
    Name,
    Next,
    Unary,
)
from rewardsmith.language.reading import FLOAT64, Run, floats_of, raw, read_name
from rewardsmith.transition import Transition

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Code:
    """A compiled part: its closure, its value if constant, and whether it gives booleans."""

    run: Run
    constant: float | None = None
    boolean: bool = False


def compile_expression(
    tree: Expr, *, at: str = "now", schema: FeatureSchema | None = None, source: str = ""
) -> Callable[[Transition], Floats]:
    """Compile an expression to a closure from N transitions to float64 of shape (N,).

    The result may be an array of the transition itself: do not write into it. Division by
    zero, log of a negative and overflow give inf or NaN without a warning.

    Args:
        tree: the expression.
        at: `now` reads features and `obs` at s_t and `t` as it is; `next` reads them at
            s_{t+1}, and `t` as t+1. `action` and `reward` belong to the step either way.
        schema: checks names and shapes before anything runs, if given.
        source: the text that the tree was parsed from, for the caret in errors.

    Raises:
        LanguageError: the schema says that the tree is no number per row, or does not fit.

    >>> run = compile_expression(Binary("+", Name("reward"), Name("reward")))
    >>> none = np.zeros(2, bool)
    >>> run(Transition(None, None, None, np.array([1.0, 3.0]), none, none)).tolist()
    [2.0, 6.0]
    """
    if at not in ("now", "next"):
        raise ValueError(f"`at` is 'now' or 'next'. Received {at!r}.")
    if schema is not None:
        from rewardsmith.language.validate import check_scalar

        check_scalar(tree, schema, source=source)
    try:
        code = _compile(tree, at == "next")
    except LanguageError as error:
        place = (error.line, error.column, error.width)
        raise LanguageError(error.message, source, *place) from None
    if code.constant is not None:
        number = code.constant
        return lambda tr: np.full(len(tr), number)
    return _outermost(_numbers(code).run, tree, source)


def _outermost(run: Run, tree: Expr, source: str) -> Callable[[Transition], Floats]:
    def outermost(tr: Transition) -> Floats:
        with np.errstate(all="ignore"):
            try:
                result = run(tr)
            except KeyError as error:
                message = f"The transition holds no feature {error}."
                raise LanguageError(message, source, *tree.span) from error
            except (ValueError, IndexError) as error:
                message = f"This could not be computed: {error}."
                raise LanguageError(message, source, *tree.span) from error
        if result.ndim != 1:
            message = f"{NOT_A_NUMBER} Received {result.shape[1:]} numbers per row."
            raise LanguageError(message, source, *tree.span)
        return result

    return outermost


#: shared with the validator, which knows it before anything runs
NOT_A_NUMBER = (
    "A term needs one number per row, and this expression gives several. Reduce it with "
    "norm(...), sum(...), mean(...), min(...) or max(...), or take one with [i]."
)


def _compile(tree: Expr, ahead: bool) -> _Code:
    value = constant_value(tree)
    if value is not None:
        array = np.array(value)
        return _Code(lambda tr: array, value)
    match tree:
        case Name():
            return _Code(read_name(tree.name, ahead))
        case Next():
            return _next(tree, ahead)
        case Index():
            return _Code(floats_of(_index(tree, ahead)))
        case Unary():
            return _unary(tree, ahead)
        case Binary():
            left, right = (_numbers(_compile(e, ahead)) for e in (tree.left, tree.right))
            return _Code(_pair(BINARY[tree.op], left, right))
        case Compare():
            return _compare(tree, ahead)
        case Logic():
            return _logic(tree, ahead)
        case Call():
            return _call(tree, ahead)
    raise LanguageError(f"{type(tree).__name__} is not an expression.", "", *tree.span)


def _next(tree: Next, ahead: bool) -> _Code:
    if ahead:
        message = "next(...) inside something already read at the next state: s_{t+2} is unknown."
        raise LanguageError(message, "", *tree.span)
    return _compile(tree.of, True)


def _index(tree: Index, ahead: bool) -> Run:
    # A name is indexed before it becomes float64: an image is not copied for one pixel.
    if isinstance(tree.of, Name):
        inner = raw(tree.of.name, ahead)
    else:
        inner = _numbers(_compile(tree.of, ahead)).run
    if len(tree.index) == 1:
        place = tree.index[0]
        return lambda tr: inner(tr)[:, place]
    index: Any = (slice(None), *tree.index)
    return lambda tr: inner(tr)[index]


# --- numbers and truth values ---


def _numbers(code: _Code) -> _Code:
    """As float64: booleans would add up as `or` and cannot be negated."""
    if not code.boolean:
        return code
    run = code.run
    return _Code(lambda tr: run(tr).astype(FLOAT64))


def _truth(code: _Code) -> _Code:
    """As booleans: anything but 0 is true, NaN included."""
    if code.boolean:
        return code
    run = code.run
    constant = None if code.constant is None else float(code.constant != 0)
    return _Code(lambda tr: np.not_equal(run(tr), 0.0), constant, True)


def _pair(ufunc: Callable[..., Any], left: _Code, right: _Code) -> Run:
    first, second = left.run, right.run
    if left.constant is not None:
        a = left.constant
        return lambda tr: ufunc(a, second(tr))
    if right.constant is not None:
        b = right.constant
        return lambda tr: ufunc(first(tr), b)

    def pair(tr: Transition) -> Array:
        x, y = first(tr), second(tr)
        if x.ndim != y.ndim:
            x, y = align(x, y)
        return ufunc(x, y)  # type: ignore[no-any-return]

    return pair


def _unary(tree: Unary, ahead: bool) -> _Code:
    if tree.op == "not":
        run = _truth(_compile(tree.of, ahead)).run
        return _Code(lambda tr: np.logical_not(run(tr)), boolean=True)
    inner = _numbers(_compile(tree.of, ahead)).run
    return _Code(lambda tr: np.negative(inner(tr)))


def _compare(tree: Compare, ahead: bool) -> _Code:
    parts = [_numbers(_compile(e, ahead)) for e in tree.operands]
    links = [
        _Code(_pair(COMPARE[op], a, b), boolean=True)
        for op, a, b in zip(tree.ops, parts[:-1], parts[1:], strict=True)
    ]
    return _joined(LOGIC["and"], links)


def _logic(tree: Logic, ahead: bool) -> _Code:
    return _joined(LOGIC[tree.op], [_truth(_compile(e, ahead)) for e in tree.operands])


def _joined(ufunc: np.ufunc, codes: list[_Code]) -> _Code:
    result = codes[0]
    for code in codes[1:]:
        result = _Code(_pair(ufunc, result, code), boolean=True)
    return result


def _call(tree: Call, ahead: bool) -> _Code:
    name = tree.function
    codes = [_compile(e, ahead) for e in tree.args]
    if len(codes) == 1:
        boolean = name in ("any", "all")
        inner = (_truth(codes[0]) if boolean else _numbers(codes[0])).run
        function = one_argument(name, dict(tree.options))
        return _Code(lambda tr: function(inner(tr)), boolean=boolean)
    if name == "where":
        condition, a, b = (code.run for code in (_truth(codes[0]), *map(_numbers, codes[1:])))
        return _Code(lambda tr: where(condition(tr), a(tr), b(tr)))
    result, *others = map(_numbers, codes)
    ufuncs = (np.maximum, np.minimum) if name == "clip" else repeat(_EXTREMES[name])
    for ufunc, code in zip(ufuncs, others, strict=False):
        result = _Code(_pair(ufunc, result, code))
    return result


_EXTREMES = {"min": np.minimum, "max": np.maximum}
