"""Python's tree -> weighted terms: the level of the reward.

It is made of addends. An addend is a term times numbers and at most one schedule, or an
expression, which becomes `value(expression)` with the number that leads it as the weight.
A number alone keeps its sign and has weight 1.
"""

from __future__ import annotations

import ast
import math
from dataclasses import replace
from typing import Any, NoReturn

from rewardsmith.errors import ConfigError
from rewardsmith.language.addends import addends, called, factors_of
from rewardsmith.language.constants import peel
from rewardsmith.language.convert import Converter
from rewardsmith.language.functions import FUNCTIONS, SCHEDULES
from rewardsmith.language.labels import label_problem
from rewardsmith.language.nodes import Binary, Const, Expr, Literal, Schedule, Sum, Term, Weighted
from rewardsmith.language.source import Source


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
            for sign, addend in addends(node)
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

    def _termlike(self, node: ast.expr) -> bool:
        return self._hard(node) or self._soft(node)

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
            elif name := called(node):
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
            rest = [f for f in factors_of(node) if self._number(f[1]) is None]
            return len(rest) == 1 and rest[0][0] == "*" and self._soft(rest[0][1])
        return called(node) == "tolerance" and "tolerance" in self.terms

    def _number(self, node: ast.AST) -> float | None:
        """The value of a constant, None if `node` is anything else."""
        if any(isinstance(n, ast.Name | ast.Subscript | ast.Call) for n in ast.walk(node)):
            return None
        return self.convert.constant(self.convert.expression(node))

    def _multiplier(self, node: ast.expr) -> tuple[float, Schedule | None] | None:
        """Number and schedule, if `node` is one of them, or minus one of them."""
        if called(node) in SCHEDULES:
            assert isinstance(node, ast.Call)
            return 1.0, self._schedule(node)
        if isinstance(node, ast.UnaryOp) and called(node.operand) in SCHEDULES:
            inner = self._multiplier(node.operand)
            assert inner is not None
            return (-inner[0] if isinstance(node.op, ast.USub) else inner[0]), inner[1]
        number = self._number(node)
        return None if number is None else (number, None)

    # --- addends ---

    def _addend(self, node: ast.expr) -> tuple[Weighted, ...]:
        if not self._termlike(node):
            return (self._value(node, self.convert.expression(node)),)
        match node:
            case ast.BinOp(op=ast.Add() | ast.Sub()):
                return self.reward(node).items
            case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
                sign = -1.0 if isinstance(node.op, ast.USub) else 1.0
                return tuple(self._scale(w, sign, None, node) for w in self._addend(node.operand))
            case ast.BinOp(op=ast.Mult() | ast.Div()):
                return self._product(node)
            case ast.Call() if called(node) in SCHEDULES:
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
        for op, factor in factors_of(node):
            multiplier = self._multiplier(factor)
            if multiplier is None:
                rest.append((op, factor))
                continue
            weight = self._times(weight, op, multiplier, factor)
            schedule = self._one(schedule, multiplier[1], factor)
        if len(rest) == 1 and rest[0][0] == "*" and self._termlike(rest[0][1]):
            items = self._addend(rest[0][1])
        else:
            items = (self._value(node, self._chain(rest)),)
        return tuple(self._scale(item, weight, schedule, node) for item in items)

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
            self.source.fail("A term has at most one schedule. Received two.", node)
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

    def _fail_product(self, rest: list[tuple[str, ast.expr]], op: str, term: ast.expr) -> NoReturn:
        if op == "/":
            self.source.fail("Nothing can be divided by a term.", term)
        others = [node for _, node in rest if node is not term]
        if any(self._hard(node) for node in others):
            message = "Two terms cannot be multiplied with *. Write times(progress, infraction)."
            self.source.fail(message, others[0])
        self.convert.expression(others[0])  # a wrong expression has its own error
        self.source.fail(
            "A term is multiplied by numbers and schedules only, not by an expression. Write "
            "when(condition, term) to gate it, or times(term, expression) to multiply it.",
            others[0],
        )

    def _scale(
        self, item: Weighted, weight: float, schedule: Schedule | None, node: ast.expr
    ) -> Weighted:
        schedule = self._one(item.schedule, schedule, node)
        total = item.weight * weight + 0.0
        inner = _plain_number(item.term)
        if not math.isfinite(total * (1.0 if inner is None else inner.value)):
            self.source.fail("The weight of a term must be a finite number.", node)
        if inner is None:
            return replace(item, weight=total, schedule=schedule)
        number = replace(inner, value=inner.value * total + 0.0)
        return replace(item, term=replace(item.term, args=(number,)), weight=1.0, schedule=schedule)

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
        node = self._looked_at(node)
        args, options = node.args, self._options(node)
        if term == "tolerance":
            args, options = self._tolerance(node)
        found = dict(options)
        name = found.pop("name", None)
        if name is not None and not isinstance(name, str):
            self.source.fail(f"The name of a term is text. Received {name!r}.", node)
        arguments = tuple(self.argument(arg) for arg in args)
        read = Term(term, arguments, tuple(found.items()), name, span=span)
        if problem := label_problem(read):
            self.source.fail(problem, node)
        return read

    def _looked_at(self, node: ast.Call) -> ast.Call:
        """The call with what `on=x` or `on=[x, y]` names as its arguments."""
        found = [k for k in node.keywords if k.arg == "on"]
        if not found:
            return node
        if node.args or len(found) > 1:
            self.source.fail("`on` stands once, and in place of what is given by position.", node)
        value = found[0].value
        looked = list(value.elts) if isinstance(value, ast.Tuple | ast.List) else [value]
        if not looked:
            self.source.fail(
                "`on` names at least one thing to look at. Received an empty list; leave `on` out "
                "to look at the observation.",
                node,
            )
        rest = [k for k in node.keywords if k.arg != "on"]
        return ast.copy_location(ast.Call(node.func, looked, rest), node)

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
        schedule = Schedule(kind, args, self._options(node), span=self.source.span(node))
        # By name, because what runs depends on the language and not the other way round.
        from rewardsmith.schedules import compile_schedule

        try:
            compile_schedule(schedule)
        except ConfigError as error:
            self.source.fail(str(error), node)
        return schedule


def _plain_number(term: Term) -> Const | None:
    """The number of a nameless `value(number)`, which takes its weight into itself."""
    if term.term != "value" or term.name is not None or term.options or len(term.args) != 1:
        return None
    return term.args[0] if isinstance(term.args[0], Const) else None
