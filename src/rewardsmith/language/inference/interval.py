"""Intervals: where the float64 value of an expression can lie, and the arithmetic on them.

Sound for IEEE arithmetic: endpoints go through the same rounded operations as the values, and
functions that are not correctly rounded are widened by a few units in the last place.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

INF = math.inf
#: the smallest number above 0
TINY = 5e-324
_EPSILON = 2.0**-52


@dataclass(frozen=True)
class Interval:
    """All values that an element can have.

    Args:
        low, high: inclusive; infinite where no bound is known.
        kind: `float`, `int` (whole numbers only) or `bool` (0 and 1 only).
        nan: whether it may be NaN.
        infinite: whether an infinite end can be reached; a feature of unknown range is finite.
        nonzero: whether 0 is left out although it lies inside.
    """

    low: float = -INF
    high: float = INF
    kind: str = "float"
    nan: bool = False
    infinite: bool = False
    nonzero: bool = False

    @property
    def bounded(self) -> bool:
        """Whether both ends are finite."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def may_be_zero(self) -> bool:
        """Whether 0 is one of the values."""
        return self.low <= 0 <= self.high and not self.nonzero

    @property
    def point(self) -> float | None:
        """Its only value, if it has only one, and that one is finite."""
        alone = self.low == self.high and math.isfinite(self.low) and not self.nan
        return self.low if alone else None

    @property
    def truth(self) -> bool | None:
        """Whether it always (or never) counts as true; NaN counts as true."""
        if not self.may_be_zero:
            return True
        return False if self.point == 0 else None

    def contains(self, value: float) -> bool:
        """Whether `value` is one of the values."""
        if math.isnan(value):
            return self.nan
        return self.low <= value <= self.high and not (value == 0 and self.nonzero)

    def __str__(self) -> str:
        left = "(-inf" if self.low == -INF else f"[{_shown(self.low)}"
        right = "inf)" if self.high == INF else f"{_shown(self.high)}]"
        return f"{left}, {right}"


def _shown(bound: float) -> str:
    return "0" if abs(bound) < 1e-300 else f"{bound:.6g}"


ANYTHING = Interval(nan=True, infinite=True)
FALSE, TRUE = Interval(0.0, 0.0, "bool"), Interval(1.0, 1.0, "bool")
TRUTH = Interval(0.0, 1.0, "bool")


def boolean(verdict: bool | None) -> Interval:
    """The interval of a truth value, None if it is open."""
    return TRUTH if verdict is None else (TRUE if verdict else FALSE)


def constant(value: float) -> Interval:
    """A single number."""
    whole = math.isfinite(value) and value == int(value)
    return Interval(value, value, "int" if whole else "float")


def made(low: float, high: float, kind: str = "float", *, nan: bool = False) -> Interval:
    """The result of an operation: an infinite end can be reached, if only by overflow."""
    low = -INF if math.isnan(low) else low
    high = INF if math.isnan(high) else high
    infinite = not (math.isfinite(low) and math.isfinite(high))
    return tidy(Interval(low, high, kind, nan, infinite))


def tidy(x: Interval) -> Interval:
    """The same values, with 0 at an end moved inward where it is left out."""
    if x.low > x.high or not x.nonzero:
        return x
    step = TINY if x.kind == "float" else 1.0
    low = step if x.low == 0 else x.low
    high = -step if x.high == 0 else x.high
    return replace(x, low=low, high=high, nonzero=low < 0 < high)


def loose(low: float, high: float, units: float = 4.0) -> tuple[float, float]:
    """The bounds, widened by some units in the last place."""
    return (
        low - (units * _EPSILON * abs(low) + 4 * TINY) if math.isfinite(low) else low,
        high + (units * _EPSILON * abs(high) + 4 * TINY) if math.isfinite(high) else high,
    )


def joined_kind(*kinds: str) -> str:
    """The narrowest kind that holds all of them."""
    if len(set(kinds)) == 1:
        return kinds[0]
    return "float" if "float" in kinds else "int"


def whole_kind(*parts: Interval) -> str:
    """The kind of a sum or a product: booleans count as whole numbers."""
    return "float" if any(p.kind == "float" for p in parts) else "int"


def hull(parts: Iterable[Interval]) -> Interval:
    """The smallest interval that holds all of them."""
    items = list(parts)
    return tidy(
        Interval(
            min(p.low for p in items),
            max(p.high for p in items),
            joined_kind(*(p.kind for p in items)),
            any(p.nan for p in items),
            any(p.infinite for p in items),
            all(not p.may_be_zero for p in items),
        )
    )


def meet(a: Interval, b: Interval) -> Interval | None:
    """The values of `a` that `b` allows too, None if there are none."""
    low, high = max(a.low, b.low), min(a.high, b.high)
    nan = a.nan and b.nan
    if low > high:
        return a if nan else None
    infinite = (a.infinite and b.infinite) and not (math.isfinite(low) and math.isfinite(high))
    met = tidy(Interval(low, high, a.kind, nan, infinite, a.nonzero or b.nonzero))
    if met.low > met.high or (met.low == met.high == 0 and met.nonzero):
        return None
    return met


def negative(x: Interval) -> Interval:
    """-x."""
    return replace(x, low=0.0 - x.high, high=0.0 - x.low, kind=whole_kind(x))


def add(a: Interval, b: Interval) -> Interval:
    """a + b; the parts are taken as independent, so x - x is not known to be 0."""
    opposite = (_reaches(a, INF) and _reaches(b, -INF)) or (_reaches(a, -INF) and _reaches(b, INF))
    return made(a.low + b.low, a.high + b.high, whole_kind(a, b), nan=a.nan or b.nan or opposite)


def multiply(a: Interval, b: Interval) -> Interval:
    """a * b."""
    lost = (a.may_be_zero and b.infinite) or (b.may_be_zero and a.infinite)
    ends = [_times(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    return made(min(ends), max(ends), whole_kind(a, b), nan=a.nan or b.nan or lost)


def square(x: Interval) -> Interval:
    """x * x of one and the same x."""
    size = absolute(x)
    return made(size.low * size.low, size.high * size.high, whole_kind(x), nan=x.nan)


def absolute(x: Interval) -> Interval:
    """|x|."""
    low = 0.0 if x.low <= 0 <= x.high else min(abs(x.low), abs(x.high))
    high = max(abs(x.low), abs(x.high))
    return tidy(replace(x, low=low, high=high, kind=whole_kind(x)))


def divide(a: Interval, b: Interval) -> Interval:
    """a / b; through 0 (which may carry a minus sign) it can be anything."""
    nan = a.nan or b.nan or (a.infinite and b.infinite)
    if b.may_be_zero:
        return made(-INF, INF, nan=nan or a.may_be_zero)
    ends = [_over(x, y) for x in (a.low, a.high) for part in sides(b) for y in part]
    if not b.bounded and not a.bounded:
        ends.append((0.0, 0.0))
    return made(min(e[0] for e in ends), max(e[1] for e in ends), nan=nan)


def sides(x: Interval) -> list[tuple[float, float]]:
    """The bounds of its negative and its positive part, if 0 is left out in between."""
    if not x.low < 0 < x.high:
        return [(x.low, x.high)]
    step = TINY if x.kind == "float" else 1.0
    return [(x.low, -step), (step, x.high)]


def _reaches(x: Interval, end: float) -> bool:
    return x.infinite and end in (x.low, x.high)


def _times(x: float, y: float) -> float:
    return 0.0 if x == 0 or y == 0 else x * y


def _over(x: float, y: float) -> tuple[float, float]:
    """The quotients near a corner, lowest and highest."""
    if math.isinf(x) and math.isinf(y):
        end = math.copysign(INF, x) * math.copysign(1.0, y)
        return min(end, 0.0), max(end, 0.0)
    quotient = x / y
    return quotient, quotient
