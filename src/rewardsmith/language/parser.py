"""Reward texts -> trees of weighted terms.

The level of the reward is made of addends. An addend is a term times numbers and schedules,
or an expression, which becomes `value(expression)` with its leading number as weight.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from rewardsmith.language.constants import constant_value
from rewardsmith.language.convert import Converter
from rewardsmith.language.functions import FUNCTIONS, SCHEDULES
from rewardsmith.language.nodes import (
    Binary,
    Const,
    Expr,
    Literal,
    Schedule,
    Sum,
    Term,
    Unary,
    Weighted,
)
from rewardsmith.language.source import Source

_ALWAYS = frozenset({"env", "value"})


def known_terms(terms: Iterable[str] | None) -> frozenset[str]:
    """The given names, or those of the registry, with `env` and `value`."""
    if terms is None:
        from rewardsmith.registry import term_names

        terms = term_names()
    return frozenset(terms) | _ALWAYS


def parse_expression(text: str, source_name: str = "") -> Expr:
    """Parse an expression over one transition.

    Args:
        text: such as `0.5*has_key + norm(next(position) - goal)`.
        source_name: put before every error message.

    Raises:
        LanguageError: with line, column and a caret at the place.

    >>> parse_expression("2*x").op
    '*'
    """
    source = Source(text, source_name)
    return Converter(source, _ALWAYS).expression(source.parse())


def parse_reward(text: str, terms: Iterable[str] | None = None, source_name: str = "") -> Sum:
    """Parse a reward: terms, weighted and added.

    Args:
        text: such as `env + 0.5*potential(has_key)`.
        terms: names that are terms; those of `rewardsmith.registry` if None.
        source_name: put before every error message.

    Raises:
        LanguageError: with line, column and a caret at the place.

    >>> [w.weight for w in parse_reward("env - 0.5*progress(x)", terms=["progress"]).items]
    [1.0, -0.5]
    """
    source = Source(text, source_name)
    tree = source.parse(sum_at_top=True)
    return RewardParser(source, known_terms(terms)).reward(tree)


def parse_argument(text: str, terms: Iterable[str] | None = None, source_name: str = "") -> Any:
    """Parse what may stand as an argument of a term: an expression, a reward or a pair."""
    source = Source(text, source_name)
    return RewardParser(source, known_terms(terms)).argument(source.parse(sum_at_top=True))


def as_sum(argument: Expr | Sum) -> Sum:
    """An argument of a term read as a reward: an expression is one `value` term."""
    if isinstance(argument, Sum):
        return argument
    term = Term("value", (argument,), span=argument.span)
    return Sum((Weighted(term, span=argument.span),), span=argument.span)


def peel(tree: Expr) -> tuple[float, Expr | None]:
    """Split a product into its leading number and the rest (None if it is all number).

    >>> peel(parse_expression("2*3*x/y"))[0]
    6.0
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


class RewardParser:
    """Reads one source at the level of the reward.

    A node is *hard* if it holds a call that no expression can: a schedule, or a term other
    than a bare `tolerance`. It is *soft* if it adds up a `tolerance(...)` that only numbers
    multiply: the term at this level, the function inside an expression.
    """

    def __init__(self, source: Source, terms: frozenset[str]) -> None:
        self.source, self.terms = source, terms
        self.convert = Converter(source, terms)

    def reward(self, node: ast.expr) -> Sum:
        """The reward at `node`."""
        items = [
            self._scale(item, sign, None, addend)
            for sign, addend in _addends(node)
            for item in self._addend(addend)
        ]
        return Sum(tuple(items), span=self.source.span(node))

    def argument(self, node: ast.expr) -> Any:
        """An expression, a reward if it is hard, or a tuple of them."""
        if isinstance(node, ast.Tuple):
            if not node.elts:
                self.source.fail("A pair holds a condition and a term. Received ().", node)
            return tuple(self.argument(item) for item in node.elts)
        return self.reward(node) if self._hard(node) else self.convert.expression(node)

    # --- what a node is ---

    def _hard(self, node: ast.AST) -> bool:
        stack = [node]
        while stack:
            node = stack.pop()
            if isinstance(node, ast.Name) and node.id == "env":
                return True
            if isinstance(node, ast.BinOp):
                stack += [node.left, node.right]
            elif isinstance(node, ast.UnaryOp):
                stack.append(node.operand)
            elif name := _called(node):
                if name in SCHEDULES or (name in self.terms and name not in FUNCTIONS):
                    return True
                assert isinstance(node, ast.Call)
                if name in self.terms:
                    if any(keyword.arg == "name" for keyword in node.keywords):
                        return True
                    stack += [] if name == "tolerance" else node.args[:1]
        return False

    def _soft(self, node: ast.expr) -> bool:
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            return self._soft(node.operand)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            return self._soft(node.left) or self._soft(node.right)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
            rest = [f for f in _factors(node) if self._number(f[1]) is None]
            return len(rest) == 1 and rest[0][0] == "*" and self._soft(rest[0][1])
        return _called(node) == "tolerance" and "tolerance" in self.terms

    def _number(self, node: ast.AST) -> float | None:
        """The value of a constant, None if `node` is anything else."""
        if any(isinstance(n, ast.Name | ast.Subscript | ast.Call) for n in ast.walk(node)):
            return None
        return self.convert.constant(self.convert.expression(node))

    def _multiplier(self, node: ast.expr) -> tuple[float, Schedule | None] | None:
        """Number and schedule, if `node` is one of them, or minus one of them."""
        if _called(node) in SCHEDULES:
            assert isinstance(node, ast.Call)
            return 1.0, self._schedule(node)
        if isinstance(node, ast.UnaryOp) and _called(node.operand) in SCHEDULES:
            inner = self._multiplier(node.operand)
            assert inner is not None
            return (-inner[0] if isinstance(node.op, ast.USub) else inner[0]), inner[1]
        number = self._number(node)
        return None if number is None else (number, None)

    # --- addends ---

    def _addend(self, node: ast.expr) -> tuple[Weighted, ...]:
        if not self._hard(node) and not self._soft(node):
            return (self._value(node, self.convert.expression(node)),)
        match node:
            case ast.BinOp(op=ast.Add() | ast.Sub()):
                return self.reward(node).items
            case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
                sign = -1.0 if isinstance(node.op, ast.USub) else 1.0
                return tuple(self._scale(w, sign, None, node) for w in self._addend(node.operand))
            case ast.BinOp(op=ast.Mult() | ast.Div()):
                return self._product(node)
            case ast.Call() if _called(node) in SCHEDULES:
                return self._product(node)
            case ast.Call() | ast.Name():
                return (Weighted(self._term(node), span=self.source.span(node)),)
        self.source.fail(
            "Terms are added together, and multiplied by numbers and schedules only.", node
        )

    def _product(self, node: ast.expr) -> tuple[Weighted, ...]:
        """Numbers and at most one schedule, times a term, a sum in parentheses or an expression."""
        rest: list[tuple[str, ast.expr]] = []
        weight, schedule = 1.0, None
        for op, factor in _factors(node):
            multiplier = self._multiplier(factor)
            if multiplier is None:
                rest.append((op, factor))
                continue
            weight = self._times(weight, op, multiplier, factor)
            schedule = self._one(schedule, multiplier[1], factor)
        if len(rest) == 1 and rest[0][0] == "*" and self._splits(rest[0][1]):
            items = self._addend(rest[0][1])
        else:
            items = (self._value(node, self._chain(rest)),)
        return tuple(self._scale(item, weight, schedule, node) for item in items)

    def _splits(self, node: ast.expr) -> bool:
        return self._hard(node) or self._soft(node)

    def _times(
        self, weight: float, op: str, by: tuple[float, Schedule | None], node: ast.expr
    ) -> float:
        if op == "*":
            return weight * by[0]
        if by[1] is not None or by[0] == 0:
            what = "zero" if by[1] is None else "a schedule"
            self.source.fail(f"A term cannot be divided by {what}.", node)
        return weight / by[0]

    def _one(
        self, first: Schedule | None, second: Schedule | None, node: ast.expr
    ) -> Schedule | None:
        if first is not None and second is not None:
            message = "A term has at most one schedule. Received two."
            self.source.fail(message, second.span if node is None else node)
        return first or second

    def _chain(self, rest: list[tuple[str, ast.expr]]) -> Expr:
        """The product of what no number or schedule is; terms are refused."""
        for op, factor in rest:
            if self._hard(factor):
                self._fail_product(rest, op, factor)
        tree: Expr = Const(1.0)
        for i, (op, factor) in enumerate(rest):
            right = self.convert.expression(factor)
            tree = right if i == 0 and op == "*" else Binary(op, tree, right, span=right.span)
        return tree

    def _fail_product(self, rest: list[tuple[str, ast.expr]], op: str, term: ast.expr) -> None:
        if op == "/":
            self.source.fail("Nothing can be divided by a term.", term)
        others = [node for _, node in rest if node is not term]
        if any(self._hard(node) for node in others):
            message = "Two terms cannot be multiplied with *. Write times(progress, infraction)."
            self.source.fail(message, others[0])
        self.source.fail(
            "A term is multiplied by numbers and schedules only, not by an expression. Write "
            "when(condition, term) to gate it, or times(term, expression) to multiply it.",
            others[0],
        )

    def _scale(
        self, item: Weighted, weight: float, schedule: Schedule | None, node: ast.expr
    ) -> Weighted:
        constant = item.weight == 1 and item.term.term == "value" and item.term.name is None
        total = item.weight * weight + 0.0
        if not math.isfinite(total):
            self.source.fail("The weight of a term must be a finite number.", node)
        schedule = self._one(item.schedule, schedule, node)
        if constant and isinstance(item.term.args[0], Const) and _called(node) != "value":
            return self._constant(item, weight, schedule)
        return replace(item, weight=total, schedule=schedule)

    def _constant(self, item: Weighted, weight: float, schedule: Schedule | None) -> Weighted:
        """A number keeps its factors inside: `-0.001` is one constant of weight 1."""
        number = item.term.args[0]
        value = replace(number, value=number.value * weight + 0.0)
        return replace(item, term=replace(item.term, args=(value,)), schedule=schedule)

    # --- terms ---

    def _value(self, node: ast.expr, tree: Expr) -> Weighted:
        """An expression as a term, its leading number as the weight."""
        span = self.source.span(node)
        weight, rest = peel(tree)
        if rest is None:
            weight, rest = 1.0, Const(weight + 0.0, span=span)
        return Weighted(Term("value", (rest,), span=span), weight + 0.0, span=span)

    def _term(self, node: ast.Call | ast.Name) -> Term:
        span = self.source.span(node)
        if isinstance(node, ast.Name):
            return Term(node.id, span=span)
        term = self.convert.function_name(node)
        args, options = node.args, self._options(node)
        if term == "tolerance":
            args, options = self._tolerance(node)
        found = dict(options)
        name = found.pop("name", None)
        if name is not None and not isinstance(name, str):
            self.source.fail(f"The name of a term is text. Received {name!r}.", node)
        arguments = tuple(self.argument(arg) for arg in args)
        return Term(term, arguments, tuple(found.items()), name, span=span)

    def _options(self, node: ast.Call) -> tuple[tuple[str, Literal], ...]:
        return self.convert.split(node, len(node.args), ())[1]

    def _tolerance(self, node: ast.Call) -> tuple[list[ast.expr], tuple[tuple[str, Literal], ...]]:
        """The term takes the options of the function, by position too, and a name."""
        args, options = self.convert.split(node, 1, FUNCTIONS["tolerance"].options)
        self.convert.check_call(node, "tolerance", args, [o for o in options if o[0] != "name"])
        return args, options

    def _schedule(self, node: ast.Call) -> Schedule:
        kind = self.convert.function_name(node)
        args = tuple(self.convert.literal(arg) for arg in node.args)
        return Schedule(kind, args, self._options(node), span=self.source.span(node))


def _called(node: ast.AST) -> str:
    """The name that is called at `node`, empty if none is."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id
    return ""


def _addends(node: ast.expr) -> list[tuple[float, ast.expr]]:
    """Signed addends in source order; iterative, for a sum may be long."""
    found: list[tuple[float, ast.expr]] = []
    stack: list[tuple[float, ast.expr]] = [(1.0, node)]
    while stack:
        sign, node = stack.pop()
        match node:
            case ast.BinOp(op=ast.Add() | ast.Sub(), left=left, right=right):
                stack.append((-sign if isinstance(node.op, ast.Sub) else sign, right))
                stack.append((sign, left))
            case ast.UnaryOp(op=ast.USub(), operand=ast.BinOp(op=ast.Add() | ast.Sub()) as of):
                stack.append((-sign, of))
            case _:
                found.append((sign, node))
    return found


def _factors(node: ast.expr) -> list[tuple[str, ast.expr]]:
    """Factors along the left of `a*b/c`, each with `*` or `/` before it."""
    factors: list[tuple[str, ast.expr]] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        factors.append(("/" if isinstance(node.op, ast.Div) else "*", node.right))
        node = node.left
    return [("*", node), *reversed(factors)]
