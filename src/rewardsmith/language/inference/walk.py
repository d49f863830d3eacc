"""The walk over an expression that infers the interval and the shape of every part."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rewardsmith.language.constants import constant_value
from rewardsmith.language.functions import REDUCTIONS
from rewardsmith.language.inference import functions, hazards
from rewardsmith.language.inference.conditions import Conditions
from rewardsmith.language.inference.context import Context, Part, broadcast
from rewardsmith.language.inference.finding import Report
from rewardsmith.language.inference.givens import Givens
from rewardsmith.language.inference.interval import (
    ANYTHING,
    Interval,
    add,
    boolean,
    constant,
    divide,
    hull,
    meet,
    multiply,
    negative,
    square,
)
from rewardsmith.language.inference.refine import (
    both,
    holds,
    key,
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


class Walk:
    """Infers the parts of one expression.

    Args:
        givens: the premises.
        report: takes what is found.
    """

    def __init__(self, givens: Givens, report: Report | None) -> None:
        self.givens, self._report, self._muted = givens, report, 0
        self._fixed: dict[int, bool] = {}
        self.conditions = Conditions(self)

    @property
    def report(self) -> Report | None:
        """Where findings go; None in branches that are never taken."""
        return None if self._muted else self._report

    def part(self, node: Expr, ahead: bool, here: Context) -> Part:
        """Shape and interval of `node` under the facts of its context, inferred once."""
        place = (id(node), ahead)
        if place not in here.parts:
            here.parts[place] = self._refined(node, ahead, here)
        return here.parts[place]

    def _refined(self, node: Expr, ahead: bool, here: Context) -> Part:
        part = self._constant(node) or self._part(node, ahead, here)
        fact = here.facts.get(key(node, ahead)) if here.facts else None
        if fact is not None:
            met = meet(part.interval, fact[0])
            part = Part(part.shape, met or part.interval, part.causes)
        if part.interval.bounded:
            return Part(part.shape, part.interval)
        return part if part.causes else Part(part.shape, part.interval, (node,))

    def _constant(self, node: Expr) -> Part | None:
        value = constant_value(node) if self._is_constant(node) else None
        return None if value is None else Part((), constant(value))

    def _is_constant(self, node: Expr) -> bool:
        if id(node) not in self._fixed:
            parts = [child for child in node.children() if isinstance(child, Expr)]
            fixed = isinstance(node, Const) or (bool(parts) and all(map(self._is_constant, parts)))
            self._fixed[id(node)] = fixed
        return self._fixed[id(node)]

    def _part(self, node: Expr, ahead: bool, here: Context) -> Part:
        match node:
            case Name():
                return self._name(node, ahead)
            case Next():
                return self.part(node.of, True, here)
            case Call(function="where"):
                return self._where(node, ahead, here)
        kinds: dict[type[Expr], Callable[[Any, bool, Context], Part]] = {
            Index: self._index,
            Unary: self._unary,
            Binary: self._binary,
            Compare: self._compare,
            Logic: self._logic,
            Call: self._call,
        }
        return kinds[type(node)](node, ahead, here)

    def _name(self, node: Name, ahead: bool) -> Part:
        if self.report is not None:
            self.report.read.add(node.name)
        return Part(*self.givens.name(node.name, ahead))

    def _index(self, node: Index, ahead: bool, here: Context) -> Part:
        inner = self.part(node.of, ahead, here.for_reductions())
        shape = None if inner.shape is None else inner.shape[len(node.index) :]
        if isinstance(node.of, Name):
            element = self.givens.element(node.of.name, node.index)
            if element is not None and (met := meet(element, inner.interval)):
                return Part(shape, met, (node,))
        return Part(shape, inner.interval, inner.causes)

    def _unary(self, node: Unary, ahead: bool, here: Context) -> Part:
        inner = self.part(node.of, ahead, here)
        if node.op == "-":
            return Part(inner.shape, negative(inner.interval), inner.causes)
        truth = inner.interval.truth
        return Part(inner.shape, boolean(None if truth is None else not truth))

    def _binary(self, node: Binary, ahead: bool, here: Context) -> Part:
        left, right = (self.part(e, ahead, here) for e in (node.left, node.right))
        if self.report is not None:
            hazards.binary(self.report, node, left.interval, right.interval)
        interval = _ARITHMETIC[node.op](left.interval, right.interval)
        if node.op == "*" and node.left == node.right:
            interval = square(left.interval)
        return self._joined([left, right], interval)

    def _compare(self, node: Compare, ahead: bool, here: Context) -> Part:
        parts = [self.part(e, ahead, here) for e in node.operands]
        verdict: bool | None = True
        for op, a, b in zip(node.ops, parts[:-1], parts[1:], strict=True):
            verdict = _and(verdict, holds(op, a.interval, b.interval))
        if self.report is not None:
            hazards.decided(self.report, node, verdict, [p.interval for p in parts])
        return Part(broadcast(parts), boolean(verdict))

    def _logic(self, node: Logic, ahead: bool, here: Context) -> Part:
        """Operands are read as if the others left it to them: x > 0 and log(x) > 1."""
        wanted = node.op == "and"
        verdict: bool | None = wanted
        shapes: list[Part] = []
        for operand, context in zip(node.operands, self.chain(node, ahead, here), strict=True):
            with self._unless(context):
                part = self.part(operand, ahead, context or Context({}))
            shapes.append(part)
            if context is None:
                continue
            truth = part.interval.truth
            if truth is not None and truth is not wanted:
                verdict = not wanted
            elif truth is None and verdict is wanted:
                verdict = None
        return Part(broadcast(shapes), boolean(verdict))

    def chain(self, node: Logic, ahead: bool, here: Context) -> list[Context | None]:
        """The context of each operand: those before it held (`and`), or failed (`or`)."""
        place = (id(node), ahead)
        if place not in here.chains:
            contexts: list[Context | None] = [here]
            for operand in node.operands[:-1]:
                last = contexts[-1]
                after = self._inside(operand, node.op == "and", ahead, last) if last else None
                contexts.append(after)
            here.chains[place] = contexts
        return here.chains[place]

    def _where(self, node: Call, ahead: bool, here: Context) -> Part:
        condition, *branches = node.args
        test = self.part(condition, ahead, here)
        truth = test.interval.truth
        parts, taken = [test], []
        for branch, wanted in zip(branches, (True, False), strict=True):
            context = self._inside(condition, wanted, ahead, here)
            context = None if truth is (not wanted) else context
            with self._unless(context):
                parts.append(self.part(branch, ahead, context or Context({})))
            if context is not None:
                taken.append(parts[-1])
        if self.report is not None and not self._is_constant(condition):
            hazards.branch(self.report, node, truth)
        shape = broadcast(parts)
        if not taken:
            return Part(shape, ANYTHING)
        causes = tuple(c for p in taken for c in p.causes)
        return Part(shape, hull(p.interval for p in taken), causes)

    def _call(self, node: Call, ahead: bool, here: Context) -> Part:
        name = node.function
        if len(node.args) == 1 and name in REDUCTIONS:
            inner = self.part(node.args[0], ahead, here.for_reductions())
            count = None if inner.shape is None else math.prod(inner.shape)
            scalar = inner.shape == ()
            interval = inner.interval if scalar and name in ("sum", "mean") else None
            interval = interval or functions.reduction(name, inner.interval, count)
            return Part((), interval, inner.causes)
        parts = [self.part(e, ahead, here) for e in node.args]
        intervals = [p.interval for p in parts]
        interval = self._function(node, intervals)
        if self.report is not None:
            hazards.call(self.report, node, intervals, interval)
        return self._joined(parts, interval)

    def _function(self, node: Call, parts: list[Interval]) -> Interval:
        name = node.function
        if name == "tolerance":
            return functions.tolerance(parts[0], dict(node.options))
        if name == "clip":
            raised = functions.extreme("max", parts[:2])
            return functions.extreme("min", [raised, parts[2]])
        if name in ("min", "max"):
            return functions.extreme(name, parts)
        return functions.ELEMENTWISE[name](parts[0])

    def _joined(self, parts: list[Part], interval: Interval) -> Part:
        causes = tuple(dict.fromkeys(c for p in parts for c in p.causes))
        return Part(broadcast(parts), interval, causes)

    def _inside(self, node: Expr, truth: bool, ahead: bool, here: Context) -> Context | None:
        """The context in which the condition `node` came out as `truth`; None if it cannot."""
        place = (id(node), ahead, truth)
        if place not in here.inner:
            facts = self.conditions.facts(node, truth, ahead, here)
            joint = None if facts is None else both(here.facts, facts)
            here.inner[place] = None if joint is None else Context(joint)
        return here.inner[place]

    @contextmanager
    def _unless(self, context: Context | None) -> Iterator[None]:
        """Say nothing about parts that never count."""
        self._muted += context is None
        try:
            yield
        finally:
            self._muted -= context is None


def _and(a: bool | None, b: bool | None) -> bool | None:
    if a is False or b is False:
        return False
    return None if a is None or b is None else True


_ARITHMETIC = {
    "+": add,
    "-": lambda a, b: add(a, negative(b)),
    "*": multiply,
    "/": divide,
    "//": functions.floor_divide,
    "%": functions.remainder,
    "**": functions.power,
}
