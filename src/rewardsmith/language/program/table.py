"""The nodes that a program makes, within a formula's limits.

Every node has the place where it was made, and a number that it shares with all nodes of its
content. So comparing two costs nothing however large the trees are that they stand for, and
size and depth are known without walking: `x = x + x` fifty times over is refused at the
eleventh.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rewardsmith.errors import LanguageError
from rewardsmith.language.constants import constant_value
from rewardsmith.language.functions import ELEMENTWISE
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
        self._made: list[Expr] = []  # keeps all alive, so that no id is given twice
        self._numbers: dict[int, int] = {}
        self._contents: dict[Any, int] = {}
        self._extents: dict[int, Extent] = {}
        self._values: dict[Any, float | None] = {}
        self._spent = 0
        self.zero = self.const(0.0)
        self.one = self.const(1.0)

    def spend(self, place: ast.AST | Span) -> None:
        """Count one step of work; a program has a limited number of them."""
        self._spent += 1
        if self._spent > MAX_STEPS:
            rule = f"A program takes at most {MAX_STEPS} steps once loops and calls are written out"
            self.text.fail(f"{rule}. Make the loops shorter.", place)

    def number(self, node: Expr) -> int:
        """What a node of this table shares with all of its content."""
        return self._numbers[id(node)]

    def same(self, a: Expr, b: Expr) -> bool:
        """Whether two nodes of this table have one content."""
        return a is b or self.number(a) == self.number(b)

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
        return self._make(("next", self.number(of)), Next(of, span=span), (of,), 2)

    def index(self, of: Expr, index: tuple[int, ...], span: Span) -> Expr:
        """One element of each row; that of `next(x)` is `next(x[i])`."""
        if isinstance(of, Next):
            return self.next(self.index(of.of, index, span), span)
        parts = 2 + len(index) + sum(i < 0 for i in index)
        return self._make(
            ("index", self.number(of), index), Index(of, index, span=span), (of,), parts
        )

    def unary(self, op: str, of: Expr, span: Span) -> Expr:
        """`-of` or `not of`."""
        return self._make((op, self.number(of)), Unary(op, of, span=span), (of,), 1)

    def binary(self, op: str, left: Expr, right: Expr, span: Span) -> Expr:
        """`left op right`."""
        key = (op, self.number(left), self.number(right))
        return self._make(key, Binary(op, left, right, span=span), (left, right), 1)

    def compare(self, ops: tuple[str, ...], operands: Sequence[Expr], span: Span) -> Expr:
        """`a < b <= c`."""
        node = Compare(ops, tuple(operands), span=span)
        return self._make(("compare", ops, self._all(operands)), node, operands, 1)

    def logic(self, op: str, operands: Sequence[Expr], span: Span) -> Expr:
        """`a and b and c`, `a or b`."""
        if len(operands) == 1:
            return operands[0]
        node = Logic(op, tuple(operands), span=span)
        return self._make(("logic", op, self._all(operands)), node, operands, 1)

    def call(
        self,
        function: str,
        args: Sequence[Expr],
        span: Span,
        options: tuple[tuple[str, Literal], ...] = (),
    ) -> Expr:
        """A function of the language; the caller has checked the arguments."""
        node = Call(function, tuple(args), options, span=span)
        key = ("call", function, self._all(args), repr(options))
        return self._make(key, node, args, 2 + 4 * len(options))

    def where(self, condition: Expr, a: Expr, b: Expr, span: Span) -> Expr:
        """`a` where `condition` holds, else `b`; decided here if nothing has to be asked."""
        if self.same(a, b):
            return a
        if isinstance(condition, Const):
            return a if condition.value else b
        return self.call("where", (condition, a, b), span)

    def add(self, left: Expr, right: Expr, span: Span) -> Expr:
        """`left + right`, without adding nothing."""
        if is_zero(left):
            return right
        return left if is_zero(right) else self.binary("+", left, right, span)

    def scaled(self, factor: float, of: Expr, span: Span) -> Expr:
        """`factor * of`, without multiplying by one."""
        if factor == 1:
            return of
        if factor == -1 and not isinstance(of, Const):
            return self.unary("-", of, span)
        return self.binary("*", self.const(factor, span), of, span)

    # --- the table ---

    def _make(self, key: Any, node: Expr, parts: Sequence[Expr], own: int) -> Expr:
        """`node`, or its value if it has one; `own` is what it adds to a formula's parts."""
        self.spend(node.span)
        value = self._value(key, node, parts)
        if value is not None:
            return self.const(value, node.span)
        number = self._contents.setdefault(key, len(self._contents))
        if number not in self._extents:
            extents = [self._extents[self.number(part)] for part in parts]
            size = own + sum(e.size for e in extents)
            depth = 1 + max((e.depth for e in extents), default=own - 1)
            self._check(size, depth, node.span)
            self._extents[number] = Extent(size, depth)
        self._numbers[id(node)] = number
        self._made.append(node)
        return node

    def _value(self, key: Any, node: Expr, parts: Sequence[Expr]) -> float | None:
        """The value of what is made of numbers."""
        if not parts or not all(isinstance(part, Const) for part in parts):
            return None
        if key not in self._values:
            try:
                self._values[key] = constant_value(node)
            except LanguageError as error:
                self.text.fail(error.message, node.span)
        return self._values[key]

    def _all(self, nodes: Sequence[Expr]) -> tuple[int, ...]:
        return tuple(map(self.number, nodes))

    def _check(self, size: int, depth: int, span: Span) -> None:
        hint = "Make the loops shorter, or the value smaller before it is used several times."
        if size > MAX_NODES:
            rule = f"A value has at most {MAX_NODES} parts once loops and calls are written out."
            self.text.fail(f"{rule} {hint}", span)
        if depth > MAX_DEPTH:
            rule = f"A value nests at most {MAX_DEPTH} levels deep once loops and calls are"
            self.text.fail(f"{rule} written out. {hint}", span)


def is_zero(node: Expr) -> bool:
    """Whether it is the number 0."""
    return isinstance(node, Const) and node.value == 0


def measures(node: Expr) -> bool:
    """Whether it is plainly a quantity and no truth value."""
    match node:
        case Const(value=value):
            return value not in (0.0, 1.0)
        case Binary() | Unary(op="-"):
            return True
        case Call(function=name):
            return name in ELEMENTWISE or name in ("norm", "sum", "mean", "tolerance", "clip")
    return False
