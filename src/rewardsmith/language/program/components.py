"""What `reward` returned -> weighted, named terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rewardsmith.language.constants import peel
from rewardsmith.language.nodes import (
    Binary,
    Call,
    Const,
    Expr,
    Name,
    Span,
    Term,
    Unary,
    Weighted,
)
from rewardsmith.language.program.table import NodeTable, is_zero


@dataclass(frozen=True, slots=True)
class Split:
    """A total taken apart: the weight of each component in it, and what is left."""

    weights: Mapping[str, float]
    rest: tuple[tuple[float, Expr], ...]


class Splitter:
    """Finds named components among the addends of a total."""

    def __init__(self, table: NodeTable) -> None:
        self.table = table

    def terms(self, total: Expr, components: Mapping[str, Expr]) -> tuple[Weighted, ...]:
        """One named term per component, and one for what is left of the total.

        A component that is no addend of the total is watched: its weight is 0.
        """
        split = self._without_itself(total, components)
        span = total.span
        terms = [
            Weighted(self._term(node, name), split.weights.get(name, 0.0) + 0.0, span=span)
            for name, node in components.items()
        ]
        env = sum(weight for weight, node in split.rest if is_env(node))
        rest = self._joined([part for part in split.rest if not is_env(part[1])], span)
        if env or (is_zero(rest) and not terms):
            own = Term("env", span=span) if env else Term("value", (rest,), span=span)
            terms.insert(0, Weighted(own, env or 1.0, span=span))
        if not is_zero(rest):
            terms.append(self._nameless(rest))
        return tuple(terms)

    def _without_itself(self, total: Expr, components: Mapping[str, Expr]) -> Split:
        """The split; a component that is the whole total counts only if no other is in it."""
        others = {
            name: node for name, node in components.items() if not self.table.same(node, total)
        }
        split = self.split(total, others)
        return split if any(split.weights.values()) else self.split(total, components)

    def split(self, total: Expr, components: Mapping[str, Expr]) -> Split:
        """Weights and rest, such that weights @ components + rest equals the total.

        Where the total chooses between two sums, each is split with the components as they
        are on that side; a component of 0 there may have any weight.
        """
        weights: dict[str, float] = {}
        rest: list[tuple[float, Expr]] = []
        for weight, node in self._addends(1.0, total, components):
            self.table.spend(node.span)
            if (name := self._named(node, components, weights)) is not None:
                weights[name] = weights.get(name, 0.0) + weight
                continue
            inner = self._split_choice(node, components) if components else Split({}, ())
            for name, found in inner.weights.items():
                weights[name] = weights.get(name, 0.0) + weight * found
            found_any = any(inner.weights.values())
            rest += [(weight * w, x) for w, x in inner.rest] if found_any else [(weight, node)]
        return Split(weights, tuple(rest))

    def _addends(
        self, weight: float, node: Expr, components: Mapping[str, Expr]
    ) -> Iterator[tuple[float, Expr]]:
        """Signed, weighted addends in order, down to components and what is no sum."""
        stack = [(weight, node)]
        sought = {self.table.number(c) for c in components.values()}
        holds: dict[int, bool] = {}
        while stack:
            weight, node = stack.pop()
            if self.table.number(node) in sought or not self._holds(node, sought, holds):
                yield weight, node
                continue
            match node:
                case Binary(op="+" | "-" as op, left=left, right=right):
                    stack += [(weight if op == "+" else -weight, right), (weight, left)]
                case Unary(op="-", of=of):
                    stack.append((-weight, of))
                case Binary(op="*", left=Const(value=c), right=of):
                    stack.append((weight * c, of))
                case Binary(op="*", left=of, right=Const(value=c)):
                    stack.append((weight * c, of))
                case Binary(op="/", left=of, right=Const(value=c)) if c:
                    stack.append((weight / c, of))
                case _:
                    yield weight, node

    def _holds(self, node: Expr, sought: set[int], known: dict[int, bool]) -> bool:
        """Whether a component, or the env's reward, may be among the addends of `node`.

        What holds none stays as it was written.
        """
        number = self.table.number(node)
        if number not in known:
            parts: tuple[Expr, ...] = ()
            if isinstance(node, Binary):
                parts = (node.left, node.right)
            elif isinstance(node, Unary):
                parts = (node.of,)
            chosen = isinstance(node, Call) and node.function == "where" and bool(sought)
            found = number in sought or is_env(node) or chosen
            known[number] = found or any(self._holds(part, sought, known) for part in parts)
        return known[number]

    def _named(
        self, node: Expr, components: Mapping[str, Expr], taken: Mapping[str, float]
    ) -> str | None:
        """The component that `node` is; of several, one that is not in the total yet."""
        same = (name for name, c in components.items() if self.table.same(c, node))
        names = [] if is_zero(node) else list(same)
        return next((n for n in names if n not in taken), names[0] if names else None)

    def _split_choice(self, node: Expr, components: Mapping[str, Expr]) -> Split:
        if not isinstance(node, Call) or node.function != "where":
            return Split({}, ())
        condition, a, b = node.args
        sides = [self._on(components, condition, yes) for yes in (True, False)]
        splits = [self.split(total, side) for total, side in zip((a, b), sides, strict=True)]
        weights: dict[str, float] = {}
        rests = [list(split.rest) for split in splits]
        for name in components:
            found = [split.weights.get(name, 0.0) for split in splits]
            free = [is_zero(side[name]) for side in sides]
            if found[0] == found[1] or any(free):
                weights[name] = found[0] if free[1] else found[1]
                continue
            for i, weight in enumerate(found):
                rests[i] += [(weight, sides[i][name])] if weight else []
        one, two = (self._joined(rest, node.span) for rest in rests)
        left = self.table.where(condition, one, two, node.span)
        return Split(
            {name: w for name, w in weights.items() if w},
            () if is_zero(left) else ((1.0, left),),
        )

    def _on(self, components: Mapping[str, Expr], condition: Expr, yes: bool) -> dict[str, Expr]:
        """The components where the condition holds, or does not."""
        found = dict(components)
        for name, node in components.items():
            found[name] = self._side(node, condition, yes)
        return found

    def _side(self, node: Expr, condition: Expr, yes: bool) -> Expr:
        if isinstance(node, Call) and node.function == "where":
            return node.args[1 if yes else 2] if self.table.same(node.args[0], condition) else node
        if isinstance(node, Binary) and node.op == "+":
            left, right = (self._side(n, condition, yes) for n in (node.left, node.right))
            return self.table.add(left, right, node.span)
        return node

    def _joined(self, parts: list[tuple[float, Expr]], span: Span) -> Expr:
        total: Expr = self.table.zero
        for weight, node in parts:
            if weight < 0 and not is_zero(total):
                total = self.table.binary("-", total, self.table.scaled(-weight, node, span), span)
            else:
                total = self.table.add(total, self.table.scaled(weight, node, span), span)
        return total

    def _term(self, node: Expr, name: str) -> Term:
        if is_env(node):
            return Term("env", (), (), None if name == "env" else name, span=node.span)
        return Term("value", (node,), (), name, span=node.span)

    def _nameless(self, node: Expr) -> Weighted:
        """A value term as a formula has it, the leading number as its weight."""
        weight, rest = peel(node)
        if rest is None or weight == 0:
            weight, rest = 1.0, node
        return Weighted(Term("value", (rest,), span=node.span), weight + 0.0, span=node.span)


def is_env(node: Expr) -> bool:
    """Whether it is the environment's own reward."""
    return isinstance(node, Name) and node.name == "reward"
