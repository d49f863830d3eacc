"""Python's tree -> our expression nodes: an allow-list, everything else is an error."""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NoReturn

from rewardsmith.errors import LanguageError, near_misses
from rewardsmith.language.constants import constant_value
from rewardsmith.language.functions import FUNCTIONS, SCHEDULES
from rewardsmith.language.nodes import (
    Binary,
    Call,
    Compare,
    Const,
    Expr,
    Index,
    Literal,
    Logic,
    Name,
    Next,
    Unary,
)
from rewardsmith.language.refused import refusal
from rewardsmith.language.source import TOO_SMALL, Source, underflows
from rewardsmith.language.tolerance import check_tolerance

_OPERATORS: Mapping[type[ast.AST], str] = MappingProxyType(
    {
        ast.Add: "+",
        ast.Sub: "-",
        ast.Mult: "*",
        ast.Div: "/",
        ast.FloorDiv: "//",
        ast.Mod: "%",
        ast.Pow: "**",
        ast.Lt: "<",
        ast.LtE: "<=",
        ast.Gt: ">",
        ast.GtE: ">=",
        ast.Eq: "==",
        ast.NotEq: "!=",
        ast.And: "and",
        ast.Or: "or",
    }
)


class Converter:
    """Turns Python's tree of one source into our nodes.

    Args:
        source: for the places of nodes and errors.
        terms: names of registered terms, so that one inside an expression gets its own error.
    """

    def __init__(self, source: Source, terms: frozenset[str]) -> None:
        self.source, self.terms = source, terms

    def expression(self, node: ast.AST) -> Expr:
        """The expression at `node`; its constant parts are checked to be finite."""
        tree = self._expression(node)
        self.constant(tree)
        return tree

    def constant(self, tree: Expr) -> float | None:
        """The value of a constant expression, None if it depends on the transition."""
        try:
            return constant_value(tree)
        except LanguageError as error:
            self.source.fail(error.message, (error.line, error.column, error.width))

    def _expression(self, node: ast.AST) -> Expr:
        match node:
            case ast.Constant():
                return self._number(node)
            case ast.Name():
                return self._name(node)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.BinOp():
                return self._binary(node)
            case ast.Compare():
                return self._compare(node)
            case ast.BoolOp():
                op = _OPERATORS[type(node.op)]
                return Logic(op, self._all(node.values), span=self.source.span(node))
            case ast.Subscript():
                return self._index(node)
            case ast.Call():
                return self._call(node)
        self._refuse(node)

    def _all(self, nodes: list[ast.expr]) -> tuple[Expr, ...]:
        return tuple(self._expression(node) for node in nodes)

    def _refuse(self, node: ast.AST) -> NoReturn:
        self.source.fail(refusal(node), node)

    def _number(self, node: ast.Constant) -> Const:
        value = node.value
        if isinstance(value, str):
            hint = "Text may stand only in an option, as in sigmoid='linear'."
            self.source.fail(hint, node)
        if not isinstance(value, int | float):
            self.source.fail(f"A number is expected here. Received {value!r}.", node)
        if underflows(value, self.source.written(node)):
            self.source.fail(TOO_SMALL, node)
        return Const(self._finite(value, node), span=self.source.span(node))

    def _finite(self, value: float, node: ast.AST) -> float:
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            self.source.fail("A number must be finite and below 1.8e308.", node)
        return number

    def _name(self, node: ast.Name) -> Name:
        name = node.id
        if name == "env":
            message = "`env` is a term and cannot stand inside an expression."
            self.source.fail(f"{message} The environment's reward is written `reward` there.", node)
        if name == "inf":
            self.source.fail("`inf` may stand only in an option, as in bounds=(0, inf).", node)
        if name == "nan":
            self.source.fail("`nan` is no number, and stands nowhere in a reward.", node)
        if name in FUNCTIONS or name == "next":
            usage = FUNCTIONS[name].usage if name in FUNCTIONS else "next(feature)"
            self.source.fail(f"`{name}` is a function. Write {usage}.", node)
        return Name(name, span=self.source.span(node))

    def _unary(self, node: ast.UnaryOp) -> Expr:
        inner = self._expression(node.operand)
        span = self.source.span(node)
        if isinstance(node.op, ast.UAdd):
            return inner
        if isinstance(node.op, ast.USub):
            if isinstance(inner, Const):
                return Const(0.0 - inner.value, span=span)  # never -0.0, which prints as -0
            return Unary("-", inner, span=span)
        if isinstance(node.op, ast.Not):
            return Unary("not", inner, span=span)
        self._refuse(node.op)

    def _binary(self, node: ast.BinOp) -> Binary:
        op = _OPERATORS.get(type(node.op))
        if op is None:
            self._refuse(node)
        left, right = self._expression(node.left), self._expression(node.right)
        return Binary(op, left, right, span=self.source.span(node))

    def _compare(self, node: ast.Compare) -> Compare:
        ops = []
        for op in node.ops:
            if type(op) not in _OPERATORS:
                self.source.fail("Comparisons are <, <=, >, >=, == and !=.", node)
            ops.append(_OPERATORS[type(op)])
        operands = self._all([node.left, *node.comparators])
        return Compare(tuple(ops), operands, span=self.source.span(node))

    def _index(self, node: ast.Subscript) -> Index:
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        index = tuple(self._position(part) for part in parts)
        if not index:
            self.source.fail("An index is a whole number, as in obs[0].", node)
        inner = self._expression(node.value)
        if self.constant(inner) is not None:
            self.source.fail("A number cannot be indexed.", node)
        return Index(inner, index, span=self.source.span(node))

    def _position(self, node: ast.expr) -> int:
        sign, inner = 1, node
        if isinstance(inner, ast.UnaryOp) and isinstance(inner.op, ast.USub):
            sign, inner = -1, inner.operand
        value = inner.value if isinstance(inner, ast.Constant) else None
        if type(value) is not int or value >= 2**31:
            self.source.fail("An index is a whole number, as in obs[0] or obs[-1].", node)
        return sign * value

    def _call(self, node: ast.Call) -> Expr:
        name = self.function_name(node)
        if name == "next":
            if len(node.args) != 1 or node.keywords:
                self.source.fail("next takes one expression, as in next(distance).", node)
            inner = self._expression(node.args[0])
            if self.constant(inner) is not None:
                self.source.fail("next(...) holds something that changes with the state.", node)
            return Next(inner, span=self.source.span(node))
        if name not in FUNCTIONS:
            self._unknown_function(node, name)
        return self._function(node, name)

    def function_name(self, node: ast.Call) -> str:
        """The called name; only plain names may be called."""
        if isinstance(node.func, ast.Attribute):
            self._refuse(node.func)
        if not isinstance(node.func, ast.Name):
            self.source.fail("Only named functions may be called, as in abs(x).", node.func)
        return node.func.id

    def _unknown_function(self, node: ast.Call, name: str) -> NoReturn:
        if name in self.terms or name in SCHEDULES:
            kind = "term" if name in self.terms else "schedule"
            self.source.fail(
                f"`{name}` is a {kind} and cannot stand inside an expression. Terms are added "
                "together, and multiplied by numbers and schedules only.",
                node,
            )
        known = (*FUNCTIONS, "next", *self.terms, *SCHEDULES)
        self.source.fail_unknown("function", name, known, node.func)

    def _function(self, node: ast.Call, name: str) -> Call:
        signature = FUNCTIONS[name]
        args, options = self.split(node, signature.most, signature.options)
        self.check_call(node, name, args, list(options))
        return Call(name, self._all(args), options, span=self.source.span(node))

    def check_call(
        self, node: ast.AST, name: str, args: list[ast.expr], options: list[tuple[str, Literal]]
    ) -> None:
        """Refuse a wrong number of arguments, unknown options, and bad values of options."""
        signature = FUNCTIONS[name]
        if not signature.least <= len(args) <= signature.most:
            message = f"{name} is called as {signature.usage}. Received {len(args)} arguments."
            self.source.fail(message, node)
        if unknown := [key for key, _ in options if key not in signature.options]:
            near = near_misses(unknown[0], signature.options)
            message = f"{name} has no option {unknown[0]!r}.{near} Write {signature.usage}."
            self.source.fail(message, node)
        if name == "tolerance":
            try:
                check_tolerance(**dict[str, Any](options))
            except ValueError as error:
                self.source.fail(f"tolerance: {error}", node)

    def split(
        self, node: ast.Call, most: int, names: tuple[str, ...]
    ) -> tuple[list[ast.expr], tuple[tuple[str, Literal], ...]]:
        """Positional expressions, and options; those of `names` may also follow by position."""
        args, extra = node.args[:most], node.args[most:] if names else []
        if len(extra) > len(names) or (not names and len(node.args) > most):
            args, extra = node.args, []
        options = dict(zip(names, map(self.literal, extra), strict=False))
        for keyword in node.keywords:
            if keyword.arg is None:
                self.source.fail("Arguments cannot be unpacked with **.", keyword.value)
            if keyword.arg in options:
                self.source.fail(f"Option {keyword.arg!r} is given twice.", keyword)
            options[keyword.arg] = self.literal(keyword.value)
        return args, tuple(options.items())

    def literal(self, node: ast.expr) -> Literal:
        """The value of an option: a number, text, True, False, None, or a tuple of them."""
        if isinstance(node, ast.Tuple | ast.List):
            return tuple(self.literal(item) for item in node.elts)
        if isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, str)):
            return node.value
        if isinstance(node, ast.Constant) and isinstance(node.value, int):  # bool included
            self._finite(node.value, node)
            return node.value
        if isinstance(node, ast.Name) and node.id == "inf":
            return math.inf
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return self._negative(node)
        value = self.constant(self._expression(node))
        if value is None:
            message = "An option is a number, text or a tuple of them, known in advance."
            self.source.fail(f"{message} Expressions are given by position, without a name.", node)
        return value

    def _negative(self, node: ast.UnaryOp) -> Literal:
        value = self.literal(node.operand)
        if not isinstance(value, int | float):
            self.source.fail("Only a number can be negative.", node)
        return 0 - value
