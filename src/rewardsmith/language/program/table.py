"""The nodes that a program makes: each content once, within a formula's limits.

Equal nodes are the same object, so that comparing two of them costs nothing however large the
trees are that they stand for, and size and depth are known without walking: `x = x + x` fifty
times over makes fifty nodes and is refused at the eleventh.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rewardsmith.errors import LanguageError
from rewardsmith.language.constants import constant_value
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
    Span,
    Unary,
)
from rewardsmith.language.program.text import ProgramText
from rewardsmith.language.source import MAX_DEPTH, MAX_NODES

#: expressions, statements and nodes, once loops and calls are written out
MAX_STEPS = 20_000


@dataclass(frozen=True, slots=True)
class Extent:
    """How large the formula of a node is: its parts, and how deep they nest."""

    size: int
    depth: int


class NodeTable:
    """Makes nodes; constant ones are worked out at once."""

    def __init__(self, text: ProgramText) -> None:
        self.text = text
        self._nodes: dict[Any, Expr] = {}
        self._extents: dict[int, Extent] = {}
        self._spent = 0
        self.zero = self.const(0.0)
        self.one = self.const(1.0)

    def spend(self, place: ast.AST | Span) -> None:
        """Count one step of work; a program has a limited number of them."""
        self._spent += 1
        if self._spent > MAX_STEPS:
            rule = f"A program takes at most {MAX_STEPS} steps once loops and calls are written out"
            self.text.fail(f"{rule}. Make the loops shorter.", place)

    def extent(self, node: Expr) -> Extent:
        """Size and depth of a node of this table."""
        return self._extents[id(node)]

    # --- leaves ---

    def const(self, value: float, span: Span = (1, 0, 1)) -> Const:
        """A finite number."""
        value = float(value) + 0.0  # never -0.0, which prints as -0
        node = self._make(("const", value), Const(value, span=span), (), 1 + (value < 0))
        assert isinstance(node, Const)
        return node

    def name(self, name: str, span: Span) -> Expr:
        """A feature, or one of `obs`, `action`, `reward`, `t`."""
        return self._make(("name", name), Name(name, span=span), (), 1)

    # --- operations ---

    def next(self, of: Expr, span: Span) -> Expr:
        """`of` at s_{t+1}."""
        return self._make(("next", id(of)), Next(of, span=span), (of,), 2)

    def index(self, of: Expr, index: tuple[int, ...], span: Span) -> Expr:
        """One element of each row; that of `next(x)` is `next(x[i])`."""
        if isinstance(of, Next):
            return self.next(self.index(of.of, index, span), span)
        parts = 2 + len(index) + sum(i < 0 for i in index)
        return self._make(("index", id(of), index), Index(of, index, span=span), (of,), parts)

    def unary(self, op: str, of: Expr, span: Span) -> Expr:
        """`-of` or `not of`."""
        return self._make((op, id(of)), Unary(op, of, span=span), (of,), 1)

    def binary(self, op: str, left: Expr, right: Expr, span: Span) -> Expr:
        """`left op right`."""
        key = (op, id(left), id(right))
        return self._make(key, Binary(op, left, right, span=span), (left, right), 1)

    def compare(self, ops: tuple[str, ...], operands: Sequence[Expr], span: Span) -> Expr:
        """`a < b <= c`."""
        node = Compare(ops, tuple(operands), span=span)
        return self._make(("compare", ops, _ids(operands)), node, operands, 1)

    def logic(self, op: str, operands: Sequence[Expr], span: Span) -> Expr:
        """`a and b and c`, `a or b`."""
        if len(operands) == 1:
            return operands[0]
        node = Logic(op, tuple(operands), span=span)
        return self._make(("logic", op, _ids(operands)), node, operands, 1)

    def call(
        self,
        function: str,
        args: Sequence[Expr],
        span: Span,
        options: tuple[tuple[str, Literal], ...] = (),
    ) -> Expr:
        """A function of the language; the caller has checked the arguments."""
        node = Call(function, tuple(args), options, span=span)
        key = ("call", function, _ids(args), repr(options))
        return self._make(key, node, args, 2 + 4 * len(options))

    def where(self, condition: Expr, a: Expr, b: Expr, span: Span) -> Expr:
        """`a` where `condition` holds, else `b`; decided here if nothing has to be asked."""
        if a is b:
            return a
        if isinstance(condition, Const):
            return a if condition.value else b
        return self.call("where", (condition, a, b), span)

    def add(self, left: Expr, right: Expr, span: Span) -> Expr:
        """`left + right`, without adding nothing."""
        if left is self.zero:
            return right
        return left if right is self.zero else self.binary("+", left, right, span)

    def scaled(self, factor: float, of: Expr, span: Span) -> Expr:
        """`factor * of`, without multiplying by one."""
        if factor == 1:
            return of
        if factor == -1 and not isinstance(of, Const):
            return self.unary("-", of, span)
        return self.binary("*", self.const(factor, span), of, span)

    # --- the table ---

    def _make(self, key: Any, node: Expr, parts: Sequence[Expr], own: int) -> Expr:
        """The node of this content; `own` is what it adds to the parts of a formula."""
        self.spend(node.span)
        if (known := self._nodes.get(key)) is not None:
            return known
        made = self._folded(node, parts)
        if id(made) not in self._extents:
            extents = [self._extents[id(part)] for part in parts]
            size = own + sum(e.size for e in extents)
            depth = 1 + max((e.depth for e in extents), default=own - 1)
            self._check(size, depth, node.span)
            self._extents[id(made)] = Extent(size, depth)
        self._nodes[key] = made
        return made

    def _folded(self, node: Expr, parts: Sequence[Expr]) -> Expr:
        if not parts or not all(isinstance(part, Const) for part in parts):
            return node
        try:
            value = constant_value(node)
        except LanguageError as error:
            self.text.fail(error.message, node.span)
        return node if value is None else self.const(value, node.span)

    def _check(self, size: int, depth: int, span: Span) -> None:
        hint = "Make the loops shorter, or the value smaller before it is used several times."
        if size > MAX_NODES:
            rule = f"A value has at most {MAX_NODES} parts once loops and calls are written out."
            self.text.fail(f"{rule} {hint}", span)
        if depth > MAX_DEPTH:
            rule = f"A value nests at most {MAX_DEPTH} levels deep once loops and calls are"
            self.text.fail(f"{rule} written out. {hint}", span)


def _ids(nodes: Sequence[Expr]) -> tuple[int, ...]:
    return tuple(map(id, nodes))
