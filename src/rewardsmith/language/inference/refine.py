"""What a condition says about the parts of it: `x > 0` where true leaves x above 0."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from rewardsmith.language.inference.givens import Facts
from rewardsmith.language.inference.interval import INF, Interval, hull, meet
from rewardsmith.language.nodes import Expr, Next

OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def key(node: Expr, ahead: bool) -> tuple[bool, Expr]:
    """`next(x)`, and x read at the next state, are the same."""
    while isinstance(node, Next):
        node, ahead = node.of, True
    return ahead, node


def holds(op: str, a: Interval, b: Interval) -> bool | None:
    """Whether `a op b` is always true, always false, or open (None); a NaN makes != true."""
    nan = a.nan or b.nan
    apart = a.high < b.low or b.high < a.low
    same = a.point is not None and a.point == b.point
    if op in ("==", "!="):
        zero = (a.point == 0 and not b.may_be_zero) or (b.point == 0 and not a.may_be_zero)
        equal = False if apart or zero else (True if same else None)
        return equal if op == "==" or equal is None else not equal
    if op in (">", ">="):
        a, b = b, a
    strict = op in ("<", ">")
    if a.low > b.high or (strict and a.low >= b.high):
        return False
    always = a.high < b.low or (not strict and a.high <= b.low)
    return True if always and not nan else None


def narrowed(x: Interval, op: str, other: Interval) -> Interval | None:
    """The values of x for which `x op other` can hold; None if there are none."""
    if op == "!=":
        return _without(x, other)
    low, high = -INF, INF
    if op in ("<", "<=", "=="):
        high = _below(other.high, x) if op == "<" else other.high
    if op in (">", ">=", "=="):
        low = -_below(-other.low, x) if op == ">" else other.low
    nonzero = not other.may_be_zero if op == "==" else False
    return meet(x, Interval(low, high, x.kind, infinite=True, nonzero=nonzero))


def narrowed_if_false(x: Interval, op: str, other: Interval) -> Interval | None:
    """The values of x for which `x op other` can fail: NaN fails every test but !=."""
    rest = narrowed(x, OPPOSITE[op], other)
    if not (x.nan or other.nan) or op == "!=":
        return rest
    if other.nan:
        return x
    return replace(rest, nan=True) if rest is not None else x


def _below(bound: float, x: Interval) -> float:
    """The largest value under an excluded bound."""
    if math.isinf(bound):
        return bound
    if x.kind != "float":
        return math.ceil(bound) - 1.0
    return math.nextafter(bound, -INF)


def _without(x: Interval, other: Interval) -> Interval | None:
    value = other.point
    if value is None or not x.contains(value):
        return x
    if x.point == value:
        return None
    if value == 0:
        return meet(x, Interval(-INF, INF, x.kind, True, True, nonzero=True))
    if x.low == value:
        return replace(x, low=-_below(-value, x))
    return replace(x, high=_below(value, x)) if x.high == value else x


def both(first: Facts, second: Facts) -> Facts | None:
    """What two conditions say together; None if they contradict each other."""
    facts = dict(first)
    for where, (interval, everywhere) in second.items():
        known = facts.get(where)
        if known is None:
            facts[where] = (interval, everywhere)
            continue
        met = meet(known[0], interval)
        if met is None:
            return None
        facts[where] = (met, known[1] and everywhere)
    return facts


def either(options: Iterable[Facts | None]) -> Facts | None:
    """What is known if one of several holds; those that cannot hold are None."""
    possible = [facts for facts in options if facts is not None]
    if not possible:
        return None
    common = set(possible[0]).intersection(*possible[1:])
    return {
        where: (
            hull(facts[where][0] for facts in possible),
            all(facts[where][1] for facts in possible),
        )
        for where in common
    }
