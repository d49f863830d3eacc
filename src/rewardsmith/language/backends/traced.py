"""A stand-in for an array that writes down which NumPy functions are called on it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from rewardsmith.language.backends.steps import Builder

#: `&` and `|` of truth values
_RENAMED: Mapping[str, str] = MappingProxyType(
    {"bitwise_and": "logical_and", "bitwise_or": "logical_or"}
)


class Traced(NDArrayOperatorsMixin):
    """The result of a step. What NumPy does to it becomes further steps.

    So a function that is written for arrays, as the sigmoids of `tolerance` are, is written
    once and runs in every back end. It may use operators, ufuncs and `np.where` of arrays and
    numbers; it must not branch on an array's values.
    """

    def __init__(self, builder: Builder, number: int) -> None:
        self.builder, self.number = builder, number

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """Any operator, and any elementwise function of NumPy's."""
        if method != "__call__" or kwargs:
            return NotImplemented
        name = _RENAMED.get(ufunc.__name__, ufunc.__name__)
        args = [self._number(value) for value in inputs]
        if not name.startswith("logical_"):
            args = [self.builder.numbers(arg) for arg in args]
        return Traced(self.builder, self.builder.call(name, *args))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """`np.where(condition, a, b)`; no other function of whole arrays can be traced."""
        if function is not np.where or kwargs or len(args) != 3:
            return NotImplemented
        condition, *values = map(self._number, args)
        values = [self.builder.numbers(value) for value in values]
        return Traced(
            self.builder, self.builder.call("where", self.builder.truth(condition), *values)
        )

    def _number(self, value: Any) -> int:
        return value.number if isinstance(value, Traced) else self.builder.const(float(value))
