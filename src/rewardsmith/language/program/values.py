"""What a name can stand for while a program is read, and the choice between two such values."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from rewardsmith.language.nodes import Binary, Expr, Span
from rewardsmith.language.program.table import NodeTable, is_zero


@dataclass(frozen=True, slots=True)
class Items:
    """A tuple, which is taken apart before anything runs."""

    items: tuple[Value, ...]

    @property
    def depth(self) -> int:
        """How deep tuples nest in it, itself included."""
        return 1 + max((i.depth for i in self.items if isinstance(i, Items)), default=0)


@dataclass(frozen=True, slots=True)
class Features:
    """`f` or `next_f`."""

    ahead: bool


@dataclass(frozen=True, slots=True)
class Components:
    """A dictionary of named components."""

    items: Mapping[str, Expr]


@dataclass(frozen=True, slots=True)
class Unset:
    """A variable that some paths leave without a value; `why` says what to do."""

    why: str


#: of a function's own variable, before it is assigned
NOT_YET = Unset(
    "This variable has no value yet: it is assigned further down, or not on the way here. "
    "Assign it first."
)

Value = Expr | Items | Features | Components | Unset
Variables = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Helper:
    """A function of the program."""

    node: ast.FunctionDef


class Chooser:
    """Selects between two values, as an `if` does."""

    def __init__(self, table: NodeTable) -> None:
        self.table = table

    def variables(self, condition: Expr, a: Variables, b: Variables, place: Span) -> Variables:
        """The variables after an `if` whose branches left `a` and `b`."""
        chosen: Variables = {}
        for name in a | b:
            one, two = a.get(name, NOT_YET), b.get(name, NOT_YET)
            if isinstance(one, Unset) is isinstance(two, Unset):
                chosen[name] = self.value(condition, one, two, place, name)
            else:
                why = f"{name!r} has a value only if line {place[0]} takes one way. Give it one "
                chosen[name] = Unset(f"{why}before the `if`, such as {name} = 0.0.")
        return chosen

    def value(self, condition: Expr, a: Value, b: Value, place: Span, what: str) -> Value:
        """`a` where `condition` holds, else `b`."""
        self.table.spend(place)
        if a is b or (isinstance(a, Features) and a == b):
            return a
        if isinstance(a, Expr) and isinstance(b, Expr):
            return self.number(condition, a, b, place)
        if isinstance(a, Items) and isinstance(b, Items) and len(a.items) == len(b.items):
            pairs = zip(a.items, b.items, strict=True)
            return Items(tuple(self.value(condition, x, y, place, what) for x, y in pairs))
        if isinstance(a, Components) and isinstance(b, Components) and set(a.items) == set(b.items):
            return Components(
                {k: self.number(condition, v, b.items[k], place) for k, v in a.items.items()}
            )
        if isinstance(a, Unset):
            return a
        if isinstance(b, Unset):
            return b
        return Unset(f"{what!r} is of two kinds, by the ways that line {place[0]} may take.")

    def number(self, condition: Expr, a: Expr, b: Expr, place: Span) -> Expr:
        """A number of either branch; what both add to the same start is added once.

        `if c: x += 5` gives `x + where(c, 5, 0)`, so that a chain of ifs grows by a step for
        each and not by a factor of two.
        """
        table = self.table
        starts = {table.number(start): rest for start, rest in self._starts(a)}
        for start, rest in self._starts(b):
            other = starts.get(table.number(start))
            if other is not None and (other or rest):
                one, two = self._added(other, place), self._added(rest, place)
                return table.add(start, table.where(condition, one, two, place), place)
        return table.where(condition, a, b, place)

    def _starts(self, node: Expr) -> list[tuple[Expr, list[tuple[str, Expr]]]]:
        """Every start of the sum at `node`, longest first, with what is added to it."""
        found: list[tuple[Expr, list[tuple[str, Expr]]]] = [(node, [])]
        while isinstance(node, Binary) and node.op in ("+", "-"):
            found.append((node.left, [(node.op, node.right), *found[-1][1]]))
            node = node.left
        return found

    def _added(self, rest: list[tuple[str, Expr]], place: Span) -> Expr:
        total: Expr = self.table.zero
        for op, part in rest:
            if op == "-" and is_zero(total):
                total = self.table.unary("-", part, place)
            elif op == "-":
                total = self.table.binary("-", total, part, place)
            else:
                total = self.table.add(total, part, place)
        return total
