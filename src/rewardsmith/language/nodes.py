"""The typed nodes of a reward text: expressions over one transition, and trees of terms.

Every node is immutable and compares by content; `span` (its place in the source) is left
out of equality, so a formula and its YAML spelling give equal trees.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

#: line (from 1), column (from 0), width in characters
Span = tuple[int, int, int]
NOWHERE: Span = (0, 0, 0)
#: what an option of a term may be: numbers, words, None, and tuples of them
Literal = float | int | bool | str | tuple["Literal", ...] | None


@dataclass(frozen=True, kw_only=True)
class Node:
    """Base of all nodes."""

    span: Span = field(default=NOWHERE, compare=False, repr=False)

    def children(self) -> Iterator[Node]:
        """Direct child nodes, in source order."""
        for f in fields(self):
            value = getattr(self, f.name)
            for item in value if isinstance(value, tuple) else (value,):
                if isinstance(item, Node):
                    yield item
                elif isinstance(item, tuple):  # pairs, as in tiers((condition, term), ...)
                    yield from (x for x in item if isinstance(x, Node))

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        yield self
        for child in self.children():
            yield from child.walk()


# --- expressions over one transition ---------------------------------------------------


@dataclass(frozen=True)
class Expr(Node):
    """Base of expressions: evaluates to a number (or vector) per row."""


@dataclass(frozen=True)
class Const(Expr):
    """A finite number, negative ones included; `True` and `False` are 1 and 0."""

    value: float


@dataclass(frozen=True)
class Name(Expr):
    """A feature, or one of `obs`, `action`, `reward`, `t`."""

    name: str


@dataclass(frozen=True)
class Next(Expr):
    """`next(e)`: every feature inside is read at s_{t+1}."""

    of: Expr


@dataclass(frozen=True)
class Index(Expr):
    """`e[i]` or `e[i, j]`: constant, possibly negative indices into one row's value."""

    of: Expr
    index: tuple[int, ...]


@dataclass(frozen=True)
class Unary(Expr):
    """`-e` (of anything but a number, which keeps its own sign) and `not e`."""

    op: str
    of: Expr


@dataclass(frozen=True)
class Binary(Expr):
    """`+ - * / // % **`."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True)
class Compare(Expr):
    """`a < b <= c`: one more operand than operators."""

    ops: tuple[str, ...]
    operands: tuple[Expr, ...]


@dataclass(frozen=True)
class Logic(Expr):
    """`a and b`, `a or b`."""

    op: str
    operands: tuple[Expr, ...]


@dataclass(frozen=True)
class Call(Expr):
    """A function of the allow-list: `where(c, a, b)`, `abs(e)`, `tolerance(e, bounds=...)`."""

    function: str
    args: tuple[Expr, ...]
    options: tuple[tuple[str, Literal], ...] = ()


# --- trees of terms --------------------------------------------------------------------


@dataclass(frozen=True)
class Schedule(Node):
    """A weight that changes with env steps: `linear(1, 0, steps=1e5)`, `anneal(1e5)`."""

    kind: str
    args: tuple[Literal, ...] = ()
    options: tuple[tuple[str, Literal], ...] = ()


@dataclass(frozen=True)
class Term(Node):
    """A call of a registered term; a bare expression is `Term("value", (expr,))`.

    `args` holds expressions (`Expr`), reward trees (`Sum`), and pairs of both for `tiers`.
    An argument is a `Sum` only if it holds a call that no expression can: a term other than
    an unnamed `tolerance`, or a schedule.
    `name` is set only where the text gave one (`name="key"`).
    """

    term: str
    args: tuple[Any, ...] = ()
    options: tuple[tuple[str, Literal], ...] = ()
    name: str | None = None


@dataclass(frozen=True)
class Weighted(Node):
    """`weight * schedule * term`."""

    term: Term
    weight: float = 1.0
    schedule: Schedule | None = None


@dataclass(frozen=True)
class Sum(Node):
    """A reward: the weighted sum of its terms."""

    items: tuple[Weighted, ...]
