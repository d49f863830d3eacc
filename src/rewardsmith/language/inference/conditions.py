"""What is known where a condition holds, or fails: facts about the parts that it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rewardsmith.language.inference.context import Context, Part
from rewardsmith.language.inference.givens import Facts
from rewardsmith.language.inference.interval import FALSE, TRUE, Interval, negative
from rewardsmith.language.inference.refine import (
    MIRRORED,
    both,
    either,
    key,
    narrowed,
    narrowed_if_false,
)
from rewardsmith.language.nodes import Call, Compare, Const, Expr, Logic, Next, Unary

if TYPE_CHECKING:
    from rewardsmith.language.inference.walk import Walk


class Conditions:
    """Reads conditions on behalf of a walk, which infers their parts."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk

    def facts(self, node: Expr, truth: bool, ahead: bool, here: Context) -> Facts | None:
        """What is known where `node` came out as `truth`; None if it cannot."""
        part = self.walk.part(node, ahead, here)
        if part.interval.truth is (not truth):
            return None
        match node:
            case Unary(op="not", of=of):
                return self.facts(of, not truth, ahead, here)
            case Compare():
                return self._compared(node, truth, ahead, here)
            case Logic():
                return self._combined(node, truth, ahead, here)
            case Call(function="all" | "any" as name, args=(of,)) if (name == "all") is truth:
                facts = self.facts(of, truth, ahead, here.for_reductions())
                return facts and {where: (fact[0], True) for where, fact in facts.items()}
        return self._truthy(node, truth, ahead, part)

    def _truthy(self, node: Expr, truth: bool, ahead: bool, part: Part) -> Facts | None:
        zero = Interval(0.0, 0.0)
        interval = narrowed(part.interval, "!=" if truth else "==", zero)
        if interval is None:
            return None
        if truth and part.interval.kind == "bool":
            interval = TRUE
        elif not truth:
            interval = FALSE
        return {} if isinstance(node, Const) else {key(node, ahead): (interval, part.shape == ())}

    def _combined(self, node: Logic, truth: bool, ahead: bool, here: Context) -> Facts | None:
        chain = self.walk.chain(node, ahead, here)
        together = truth is (node.op == "and")
        found: list[Facts | None] = []
        for operand, context in zip(node.operands, chain, strict=True):
            facts = self.facts(operand, truth, ahead, context) if context else None
            # An operand is judged where those before it left it open.
            known = both(context.facts, facts) if context and facts is not None else None
            found.append(known)
        if not together:
            return either(found)
        joint: Facts | None = {}
        for known in found:
            joint = None if joint is None or known is None else both(joint, known)
        return joint

    def _compared(self, node: Compare, truth: bool, ahead: bool, here: Context) -> Facts | None:
        if not truth and len(node.ops) > 1:
            return {}
        joint: Facts | None = {}
        for op, a, b in zip(node.ops, node.operands[:-1], node.operands[1:], strict=True):
            for left, right, sign in ((a, b, op), (b, a, MIRRORED[op])):
                fact = self._side(left, right, sign, truth, ahead, here)
                joint = None if joint is None or fact is None else both(joint, fact)
        return joint

    def _side(
        self, left: Expr, right: Expr, op: str, truth: bool, ahead: bool, here: Context
    ) -> Facts | None:
        x, other = (self.walk.part(e, ahead, here) for e in (left, right))
        narrow = narrowed if truth else narrowed_if_false
        interval = narrow(x.interval, op, other.interval)
        if interval is None:
            return None
        return dict(_implied(left, interval, ahead, x.shape == ()))


def _implied(
    node: Expr, interval: Interval, ahead: bool, everywhere: bool
) -> Iterator[tuple[tuple[bool, Expr], tuple[Interval, bool]]]:
    """The fact about `node`, and what follows for what it is made of."""
    while True:
        if isinstance(node, Const):
            return
        yield key(node, ahead), (interval, everywhere)
        match node:
            case Next(of=of):
                node, ahead = of, True
            case Unary(op="-", of=of):
                node, interval = of, negative(interval)
            case Call(function="abs", args=(of,)) if not interval.nan:
                size = interval.high
                inside = Interval(-size, size, nonzero=not interval.may_be_zero, infinite=True)
                node, interval = of, inside
            case _:
                return
