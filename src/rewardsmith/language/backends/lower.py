"""Expressions -> steps. What several of them share is computed once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rewardsmith.errors import LanguageError
from rewardsmith.features import FeatureSchema
from rewardsmith.language.backends.steps import Builder, Shape, Steps
from rewardsmith.language.backends.traced import Traced
from rewardsmith.language.constants import fold, foldable
from rewardsmith.language.functions import (
    BINARY,
    BUILTIN_NAMES,
    COMPARE,
    ELEMENTWISE,
    LOGIC,
    REDUCTIONS,
)
from rewardsmith.language.nodes import (
    Binary,
    Call,
    Compare,
    Const,
    Expr,
    Index,
    Logic,
    Name,
    Next,
    Unary,
)
from rewardsmith.language.tolerance import make_tolerance


def lower(
    trees: Sequence[Expr], *, ahead: bool = False, schema: FeatureSchema | None = None
) -> Steps:
    """The program that computes every tree as numbers, in that order.

    Args:
        trees: checked already, if there is a schema.
        ahead: read features at s_{t+1}, and `t` as t+1.
        schema: tells the shapes of features.

    Raises:
        LanguageError: without a source, for what no tree may hold.
    """
    lowering = _Lowering(schema)
    builder = lowering.builder
    outputs = [builder.numbers(lowering.lower(tree, ahead)) for tree in trees]
    return builder.program(tuple(outputs))


class _Lowering:
    def __init__(self, schema: FeatureSchema | None) -> None:
        self.schema = schema
        self.builder = Builder()

    def lower(self, tree: Expr, ahead: bool) -> int:
        """The step that computes `tree`, numbers or truth values."""
        outer, self.builder.span = self.builder.span, tree.span
        number = self._constant(tree, ahead)
        self.builder.span = outer
        return number

    def _constant(self, tree: Expr, ahead: bool) -> int:
        if isinstance(tree, Const):
            return self.builder.const(tree.value)
        children = self._children(tree, ahead)
        self.builder.span = tree.span
        values = [v for v in map(self.builder.constant, children) if v is not None]
        if values and foldable(tree) and len(values) == len(children):
            return self.builder.const(fold(tree, values))
        return self._node(tree, children, ahead)

    def _children(self, tree: Expr, ahead: bool) -> list[int]:
        if isinstance(tree, Next):
            if ahead:
                message = (
                    "next(...) inside something already read at the next state: s_{t+2} is unknown."
                )
                raise LanguageError(message, "", *tree.span)
            return [self.lower(tree.of, True)]
        if isinstance(tree, Index) and isinstance(tree.of, Name):
            # A name is indexed before it becomes float64: an image is not copied for one pixel.
            return [self._read(tree.of.name, ahead, raw=True)]
        return [self.lower(e, ahead) for e in tree.children() if isinstance(e, Expr)]

    def _node(self, tree: Expr, args: list[int], ahead: bool) -> int:
        b = self.builder
        match tree:
            case Name(name=name):
                return self._read(name, ahead)
            case Next():
                return args[0]
            case Index(index=place):
                return b.index(b.numbers(args[0]), place)
            case Unary(op="not"):
                return b.call("logical_not", b.truth(args[0]))
            case Unary():
                return b.call("negative", b.numbers(args[0]))
            case Binary(op=op):
                return self._binary(op, *map(b.numbers, args))
            case Compare(ops=ops):
                return self._compare(ops, [b.numbers(a) for a in args])
            case Logic(op=op):
                return self._chain(LOGIC[op].__name__, [b.truth(a) for a in args])
            case Call():
                return self._call(tree, args)
        raise LanguageError(f"{type(tree).__name__} is not an expression.", "", *tree.span)

    def _read(self, name: str, ahead: bool, *, raw: bool = False) -> int:
        known: Shape = () if name in ("reward", "t") else None
        if self.schema is not None and name in self.schema and name not in _STEP_NAMES:
            known = self.schema[name].shape
        # what belongs to the step is the same at either state
        ahead = ahead and name not in ("action", "reward")
        return self.builder.read(name, ahead, known, raw=raw)

    def _binary(self, op: str, left: int, right: int) -> int:
        exponent = self.builder.constant(right)
        if op == "**" and exponent in _POWERS:
            return self.builder.call(_POWERS[exponent], left)
        return self.builder.call(BINARY[op].__name__, left, right)

    def _compare(self, ops: tuple[str, ...], args: list[int]) -> int:
        names = [COMPARE[op].__name__ for op in ops]
        links = [
            self.builder.call(name, a, b)
            for name, a, b in zip(names, args[:-1], args[1:], strict=True)
        ]
        return self._chain("logical_and", links)

    def _chain(self, op: str, args: list[int]) -> int:
        result, *others = args
        for other in others:
            result = self.builder.call(op, result, other)
        return result

    def _call(self, tree: Call, args: list[int]) -> int:
        b, name = self.builder, tree.function
        if name == "where":
            return b.call("where", b.truth(args[0]), *map(b.numbers, args[1:]))
        if name in ("any", "all"):
            return b.call(name, *map(b.truth, args))
        args = [b.numbers(a) for a in args]
        if name == "clip":
            return b.call("minimum", b.call("maximum", args[0], args[1]), args[2])
        if name == "tolerance":
            return self._tolerance(args[0], dict(tree.options))
        if len(args) > 1:
            return self._chain({"min": "minimum", "max": "maximum"}[name], args)
        return b.call(name if name in REDUCTIONS else ELEMENTWISE[name].__name__, *args)

    def _tolerance(self, arg: int, options: dict[str, Any]) -> int:
        function: Any = make_tolerance(**options)  # written for arrays, followed step by step
        return int(function(Traced(self.builder, arg)).number)


#: what NumPy makes of `x**2` and `x**0.5`, ten times as fast
_POWERS = {2.0: "square", 0.5: "sqrt"}
_STEP_NAMES = frozenset(BUILTIN_NAMES) - {"obs"}
