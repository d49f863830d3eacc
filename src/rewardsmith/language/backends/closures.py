"""NumPy's functions for the steps of a program, and how operands reach them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rewardsmith.language.backends.steps import UFUNCS, Step
from rewardsmith.language.functions import BUILTIN_NAMES, REDUCTIONS, Array, align, where
from rewardsmith.language.reading import FLOAT64, as_float64, raw
from rewardsmith.transition import Transition

#: from the frame of a run to an array
Part = Callable[[Any], Any]
Function = Callable[..., Any]


def reader(step: Step) -> Callable[[Transition], Array]:
    """Reads what the step names."""
    name, read = step.name, raw(step.name, step.ahead)
    if step.op == "raw":
        return read
    if name in BUILTIN_NAMES:
        return lambda tr: as_float64(read(tr))

    # a feature is read most often, so without a closure in between
    def feature(tr: Transition) -> Array:
        value = tr.features[name]
        return value if value.dtype is FLOAT64 else value.astype(FLOAT64)

    def next_feature(tr: Transition) -> Array:
        value = tr.next_features[name]
        return value if value.dtype is FLOAT64 else value.astype(FLOAT64)

    return next_feature if step.ahead else feature


def function_of(step: Step, aligned: bool) -> Function:
    """The function of a step's operands; a ufunc takes the array to write into after them.

    Args:
        step: neither a constant nor something read.
        aligned: whether all operands are known to have as many dimensions.
    """
    if step.op == "index":
        place: Any = step.place[0] if len(step.place) == 1 else None
        index = (slice(None), *step.place)
        return (lambda rows: rows[index]) if place is None else lambda rows: rows[:, place]
    if step.op == "number":
        return as_float64
    if step.op == "float":
        return lambda truth: truth.astype(FLOAT64)
    if step.op in REDUCTIONS:
        return REDUCTIONS[step.op]
    if step.op == "where":
        return np.where if aligned else where
    ufunc = UFUNCS[step.op]
    return ufunc if aligned or ufunc.nin == 1 else _aligning(ufunc)


def _aligning(ufunc: np.ufunc) -> Function:
    def call(x: Array, y: Array) -> Any:
        if x.ndim != y.ndim:
            x, y = align(x, y)
        return ufunc(x, y)

    return call


def wire(function: Function, args: list[Part], over: int | None) -> Part:
    """A closure that hands its operands to the function.

    Args:
        function: of one to three arrays.
        args: the operands.
        over: which operand the result may be written over, if the function can.
    """
    if over is not None and isinstance(function, np.ufunc):
        return _in_place(_writer(function), args, over)
    first, *others = args
    if not others:
        return lambda frame: function(first(frame))
    second = others[0]
    if len(others) == 1:
        return lambda frame: function(first(frame), second(frame))
    third = others[1]
    return lambda frame: function(first(frame), second(frame), third(frame))


#: rows from which on a new array costs more than NumPy's check for overlapping operands
_MANY = 256


def _in_place(function: Function, args: list[Part], over: int) -> Part:
    first = args[0]
    if len(args) == 1:

        def unary(frame: Any) -> Any:
            x = first(frame)
            return function(x, x if len(x) > _MANY else None)

        return unary
    second = args[1]

    def left(frame: Any) -> Any:
        x = first(frame)
        return function(x, second(frame), x if len(x) > _MANY else None)

    def right(frame: Any) -> Any:
        x, y = first(frame), second(frame)
        return function(x, y, y if len(y) > _MANY else None)

    return right if over else left


def _writer(ufunc: np.ufunc) -> Function:
    # These two take the array to write into by its name only.
    if ufunc is np.maximum:
        return lambda x, y, into: np.maximum(x, y, out=into)
    if ufunc is np.minimum:
        return lambda x, y, into: np.minimum(x, y, out=into)
    return ufunc
