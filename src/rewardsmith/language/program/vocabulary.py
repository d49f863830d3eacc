"""The functions that a program may call, and what each becomes in the language."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rewardsmith.language.functions import ELEMENTWISE
from rewardsmith.language.nodes import Expr, Span
from rewardsmith.language.program.table import NodeTable

Build = Callable[[NodeTable, tuple[Expr, ...], Span], Expr]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of numbers.

    Args:
        usage: as shown in errors.
        parameters: their names; each argument may be given by its name.
        build: from arguments to a node.
    """

    usage: str
    parameters: tuple[str, ...]
    build: Build


def _direct(name: str, usage: str = "", parameters: str = "x") -> Function:
    """A function that the language has under the name `name`."""
    return Function(
        usage or f"{name}(x)", tuple(parameters.split()), lambda t, a, s: t.call(name, a, s)
    )


def _operator(usage: str, op: str) -> Function:
    return Function(usage, ("x1", "x2"), lambda t, a, s: t.binary(op, a[0], a[1], s))


def _logical(usage: str, op: str) -> Function:
    return Function(usage, ("x1", "x2"), lambda t, a, s: t.logic(op, a, s))


def _of_one(usage: str, build: Callable[[NodeTable, Expr, Span], Expr]) -> Function:
    return Function(usage, ("x",), lambda t, a, s: build(t, a[0], s))


def _square(t: NodeTable, x: Expr, s: Span) -> Expr:
    return t.binary("*", x, x, s)


def _hypot(t: NodeTable, a: tuple[Expr, ...], s: Span) -> Expr:
    return t.call("sqrt", (t.binary("+", _square(t, a[0], s), _square(t, a[1], s), s),), s)


def _log_of_base(base: float) -> Callable[[NodeTable, Expr, Span], Expr]:
    return lambda t, x, s: t.binary("/", t.call("log", (x,), s), t.const(math.log(base), s), s)


def _dot(t: NodeTable, a: tuple[Expr, ...], s: Span) -> Expr:
    return t.call("sum", (t.binary("*", a[0], a[1], s),), s)


def _scaled(factor: float) -> Callable[[NodeTable, Expr, Span], Expr]:
    return lambda t, x, s: t.binary("*", x, t.const(factor, s), s)


_CLIP = _direct("clip", "clip(x, low, high)", "a a_min a_max")
_WHERE = Function(
    "where(condition, a, b)", ("condition", "x", "y"), lambda t, a, s: t.where(a[0], a[1], a[2], s)
)
_POWER = _operator("power(a, b)", "**")
_BOOL = _of_one("bool(x)", lambda t, x, s: t.compare(("!=",), (x, t.zero), s))
_FLOAT = _of_one("float(x)", lambda t, x, s: x)

#: functions of numbers, called by their bare names
PLAIN: Mapping[str, Function] = MappingProxyType(
    {
        **{name: _direct(name) for name in ELEMENTWISE},
        "clip": _CLIP,
        "where": _WHERE,
        "pow": _POWER,
        "float": _FLOAT,
        "bool": _BOOL,
    }
)
#: functions of numbers, called as np.<name>
NUMPY: Mapping[str, Function] = MappingProxyType(
    {
        **{name: _direct(name) for name in ELEMENTWISE},
        "absolute": _direct("abs", "absolute(x)"),
        "fabs": _direct("abs", "fabs(x)"),
        "clip": _CLIP,
        "where": _WHERE,
        "minimum": _direct("min", "minimum(a, b)", "x1 x2"),
        "maximum": _direct("max", "maximum(a, b)", "x1 x2"),
        "square": _of_one("square(x)", _square),
        "power": _POWER,
        "float_power": _POWER,
        "add": _operator("add(a, b)", "+"),
        "subtract": _operator("subtract(a, b)", "-"),
        "multiply": _operator("multiply(a, b)", "*"),
        "divide": _operator("divide(a, b)", "/"),
        "true_divide": _operator("true_divide(a, b)", "/"),
        "floor_divide": _operator("floor_divide(a, b)", "//"),
        "mod": _operator("mod(a, b)", "%"),
        "remainder": _operator("remainder(a, b)", "%"),
        "negative": _of_one("negative(x)", lambda t, x, s: t.unary("-", x, s)),
        "logical_and": _logical("logical_and(a, b)", "and"),
        "logical_or": _logical("logical_or(a, b)", "or"),
        "logical_not": _of_one("logical_not(x)", lambda t, x, s: t.unary("not", x, s)),
        "log1p": _of_one(
            "log1p(x)", lambda t, x, s: t.call("log", (t.binary("+", t.one, x, s),), s)
        ),
        "expm1": _of_one(
            "expm1(x)", lambda t, x, s: t.binary("-", t.call("exp", (x,), s), t.one, s)
        ),
        "log2": _of_one("log2(x)", _log_of_base(2)),
        "log10": _of_one("log10(x)", _log_of_base(10)),
        "hypot": Function("hypot(a, b)", ("x1", "x2"), _hypot),
        "dot": Function("dot(a, b)", ("a", "b"), _dot),
        "deg2rad": _of_one("deg2rad(x)", _scaled(math.pi / 180)),
        "radians": _of_one("radians(x)", _scaled(math.pi / 180)),
        "rad2deg": _of_one("rad2deg(x)", _scaled(180 / math.pi)),
        "degrees": _of_one("degrees(x)", _scaled(180 / math.pi)),
        "float32": _FLOAT,
        "float64": _FLOAT,
    }
)
#: reductions of one row's elements, or of a tuple: the name in a program -> in the language
REDUCTIONS: Mapping[str, str] = MappingProxyType(
    {name: name for name in ("sum", "mean", "min", "max", "any", "all", "norm")}
)
NUMPY_REDUCTIONS: Mapping[str, str] = MappingProxyType(
    {
        **{name: name for name in ("sum", "mean", "min", "max", "any", "all")},
        "amin": "min",
        "amax": "max",
        "linalg.norm": "norm",
    }
)
NUMPY_CONSTANTS: Mapping[str, float] = MappingProxyType({"pi": math.pi, "e": math.e})
#: all that may follow `np.`
NUMPY_NAMES = (*NUMPY, *NUMPY_REDUCTIONS, *NUMPY_CONSTANTS, "inf")
#: all that may be called by a bare name
PLAIN_NAMES = (*PLAIN, *REDUCTIONS, "tolerance", "len")

#: what to write in place of names that models are fond of
REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "print": "A reward prints nothing. Return what you want to watch as a component.",
        "isinstance": "Every value is a number or a tuple; delete the check.",
        "getattr": "Features are read as f.distance.",
        "hasattr": "Features are read as f.distance; `rewardsmith envs ENV` lists them.",
        "range": "range(...) may stand only in a `for`, as in `for i in range(3):`.",
        "enumerate": "enumerate(...) may stand only in a `for`.",
        "zip": "zip(...) may stand only in a `for`.",
        "next": "The next state's features are read as next_f.distance.",
        "round": "There is no rounding; x // 1 is the whole part.",
        "int": "There are no whole numbers; x // 1 is the whole part.",
        "float": "float(x) takes one number.",
        "dict": "Components are written {'name': value}.",
        "list": "Write a tuple, as in (a, b).",
        "tuple": "Write a tuple, as in (a, b).",
        "array": "Write a tuple, as in (a, b), and use its elements one by one.",
        "asarray": "Features are arrays already; use them as they are.",
        "zeros": "Write 0.0; a number fits every shape.",
        "ones": "Write 1.0; a number fits every shape.",
        "concatenate": "Write a tuple, as in (a, b), and use its elements one by one.",
    }
)
