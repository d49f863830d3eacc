"""PyTorch's functions for the steps of a program. They agree with NumPy's, NaN included."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import Tensor

Function = Callable[..., Tensor]


def align(*tensors: Tensor) -> tuple[Tensor, ...]:
    """Line up rows: `(N,)` beside `(N, k)` becomes `(N, 1)`; constants `()` stay."""
    most = max(x.ndim for x in tensors)
    return tuple(
        x if x.ndim in (0, most) else x[(slice(None), *(None,) * (most - x.ndim))] for x in tensors
    )


def aligning(function: Function) -> Function:
    """The same function, of operands whose rows it lines up."""

    def call(*tensors: Tensor) -> Tensor:
        first, *others = tensors
        if all(x.ndim == first.ndim for x in others):
            return function(*tensors)
        return function(*align(*tensors))

    return call


def _sign(x: Tensor) -> Tensor:
    return torch.where(torch.isnan(x), x, torch.sign(x))  # torch's own makes 0 of NaN


def _floor_divide(x: Tensor, y: Tensor) -> Tensor:
    return torch.div(x, y, rounding_mode="floor")


def _remainder(x: Tensor, y: Tensor) -> Tensor:
    rest = torch.remainder(x, y)
    return torch.where(rest == 0, torch.copysign(rest, y), rest)  # NumPy's zeros have y's sign


def _reduced(function: Function) -> Function:
    """Reduce one row's elements; a number per row is its own sum."""
    return lambda rows: rows if rows.ndim < 2 else function(rows.flatten(1), dim=1)


def _norm(rows: Tensor) -> Tensor:
    # its gradient at 0 is 0, where that of sqrt(sum(x*x)) is NaN
    flat = rows.flatten(1)
    return torch.linalg.vector_norm(flat, dim=1)  # type: ignore[no-any-return]


ELEMENTWISE: Mapping[str, Function] = MappingProxyType(
    {
        "add": torch.add,
        "subtract": torch.sub,
        "multiply": torch.mul,
        "divide": torch.div,
        "floor_divide": _floor_divide,
        "remainder": _remainder,
        "power": torch.pow,
        "square": torch.square,
        "negative": torch.neg,
        "absolute": torch.abs,
        "sign": _sign,
        "exp": torch.exp,
        "log": torch.log,
        "sqrt": torch.sqrt,
        "sin": torch.sin,
        "cos": torch.cos,
        "tanh": torch.tanh,
        "cosh": torch.cosh,
        "maximum": torch.maximum,
        "minimum": torch.minimum,
        "less": torch.lt,
        "less_equal": torch.le,
        "greater": torch.gt,
        "greater_equal": torch.ge,
        "equal": torch.eq,
        "not_equal": torch.ne,
        "logical_and": torch.logical_and,
        "logical_or": torch.logical_or,
        "logical_not": torch.logical_not,
        "isnan": torch.isnan,
        "where": torch.where,
    }
)
#: reduce the elements of one row to one number
REDUCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "norm": lambda rows: torch.abs(rows) if rows.ndim < 2 else _norm(rows),
        "sum": _reduced(torch.sum),
        "mean": _reduced(torch.mean),
        "min": _reduced(torch.amin),
        "max": _reduced(torch.amax),
        "any": _reduced(torch.any),
        "all": _reduced(torch.all),
    }
)
