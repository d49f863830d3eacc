"""Intervals of the language's functions of one array, and of its remaining operators."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from rewardsmith.language.inference.interval import (
    INF,
    Interval,
    absolute,
    boolean,
    divide,
    hull,
    loose,
    made,
    sides,
    whole_kind,
)
from rewardsmith.language.tolerance import make_tolerance

#: exp(x) is infinite above this
EXP_LIMIT = 709.782712893384


def _value(function: Callable[[Any], Any], x: float) -> float:
    with np.errstate(all="ignore"):
        return float(function(np.float64(x)))


def _rising(function: Callable[[Any], Any], least: float, most: float) -> Any:
    """The interval of a rising function with values in [least, most]."""

    def interval(x: Interval) -> Interval:
        low, high = loose(_value(function, x.low), _value(function, x.high))
        return made(max(low, least), min(high, most), nan=x.nan)

    return interval


def _log(x: Interval) -> Interval:
    low = _value(np.log, max(x.low, 0.0))
    high = _value(np.log, x.high) if x.high >= 0 else -INF
    return made(*loose(low, high), nan=x.nan or x.low < 0)


def _sqrt(x: Interval) -> Interval:
    low, high = math.sqrt(max(x.low, 0.0)), math.sqrt(max(x.high, 0.0))
    return made(low, high, nan=x.nan or x.low < 0)


def _wave(shift: float, function: Callable[[Any], Any]) -> Any:
    """sin or cos: extremes at `shift` + k*pi, that of even k being 1."""

    def interval(x: Interval) -> Interval:
        nan = x.nan or x.infinite
        if not x.bounded or x.high - x.low >= 2 * math.pi or max(abs(x.low), abs(x.high)) > 1e6:
            return made(-1.0, 1.0, nan=nan)
        ends = [_value(function, x.low), _value(function, x.high)]
        first = math.ceil((x.low - shift) / math.pi - 1e-6)
        last = math.floor((x.high - shift) / math.pi + 1e-6)
        ends += [1.0 if k % 2 == 0 else -1.0 for k in range(first, last + 1)]
        low, high = loose(min(ends), max(ends))
        return made(max(low, -1.0), min(high, 1.0), nan=nan)

    return interval


def _sign(x: Interval) -> Interval:
    low, high = float(np.sign(x.low)), float(np.sign(x.high))
    return made(low, high, "int", nan=x.nan)


#: name -> interval of the function of one element
ELEMENTWISE: Mapping[str, Callable[[Interval], Interval]] = MappingProxyType(
    {
        "abs": absolute,
        "exp": _rising(np.exp, 0.0, INF),
        "log": _log,
        "sqrt": _sqrt,
        "tanh": _rising(np.tanh, -1.0, 1.0),
        "sin": _wave(math.pi / 2, np.sin),
        "cos": _wave(0.0, np.cos),
        "sign": _sign,
    }
)


def tolerance(x: Interval, options: Mapping[str, Any]) -> Interval:
    """1 inside the bounds, falling with the distance to them."""
    low, high = map(float, options.get("bounds", (0.0, 0.0)))
    function = make_tolerance(**options)
    ends = [_value(function, x.low), _value(function, x.high)]
    if any(map(math.isnan, ends)):
        return made(0.0, 1.0, nan=x.nan)
    if x.low <= high and x.high >= low:
        ends.append(1.0)
    if options.get("margin", 0.0) == 0 and not (low <= x.low and x.high <= high):
        ends.append(0.0)
    least, most = loose(min(ends), max(ends), 64.0)
    if min(ends) == max(ends):  # always inside, or always far outside
        least = most = ends[0]
    return made(max(least, 0.0), min(most, 1.0), nan=x.nan)


def reduction(name: str, x: Interval, count: int | None) -> Interval:
    """The interval of one row's `sum`, `norm`, ... over `count` elements (None: not known)."""
    if name in ("any", "all"):
        return boolean(x.truth)
    if name in ("min", "max"):
        return x
    if count is None:
        return _over_any_number(name, x)
    if name == "norm":
        size, root = absolute(x), math.sqrt(count)
        low, high = loose(size.low * root, size.high * root, count + 4.0)
        return made(max(low, 0.0), high, nan=x.nan)
    return _total(name, x, count)


def _total(name: str, x: Interval, count: int) -> Interval:
    """Sum or mean; the order in which NumPy adds may cost `count` roundings."""
    opposite = x.infinite and x.low == -INF and x.high == INF
    low, high, nan = x.low * count, x.high * count, x.nan or opposite
    size = max(abs(low), abs(high))
    exact = x.kind != "float" and size < 2.0**53
    slack = 0.0 if exact or not math.isfinite(size) else count * 2.0**-52 * size
    low = low - slack if x.low < 0 else max(low - slack, 0.0)
    high = high + slack if x.high > 0 else min(high + slack, 0.0)
    if name == "sum":
        return made(low, high, whole_kind(x), nan=nan)
    return made(*loose(low / count, high / count), nan=nan)


def _over_any_number(name: str, x: Interval) -> Interval:
    opposite = x.infinite and x.low == -INF and x.high == INF
    if name == "norm":
        return made(absolute(x).low * (1 - 1e-9), INF, nan=x.nan)
    if name == "mean":
        size = max(abs(x.low), abs(x.high)) * 1e-9
        return made(x.low - size, x.high + size, nan=x.nan or opposite)
    low = x.low * (1 - 1e-9) if x.low >= 0 else -INF
    high = x.high * (1 - 1e-9) if x.high <= 0 else INF
    return made(low, high, whole_kind(x), nan=x.nan or opposite)


def floor_divide(a: Interval, b: Interval) -> Interval:
    """a // b; NumPy's result may lie one below the rounded quotient's floor."""
    quotient = divide(a, b)
    exact = "float" not in (a.kind, b.kind) and a.bounded and b.bounded
    low, high = quotient.low, quotient.high
    if math.isfinite(low):
        low = math.floor(low) - (0 if exact and abs(low) < 2.0**50 else 1 + abs(low) * 2.0**-51)
    if math.isfinite(high):
        high = math.floor(high) + (0 if abs(high) < 2.0**50 else abs(high) * 2.0**-51)
    return made(low, high, "int", nan=quotient.nan or a.infinite)


def remainder(a: Interval, b: Interval) -> Interval:
    """a % b, which has the sign of b and at most its size."""
    kind = whole_kind(a, b)
    less = 1.0 if kind == "int" else 0.0
    low = min(b.low + less, 0.0) if b.low < 0 else 0.0
    high = max(b.high - less, 0.0) if b.high > 0 else 0.0
    if a.low >= 0 and b.low >= 0:
        high = min(high, a.high)
    return made(low, high, kind, nan=a.nan or b.nan or b.may_be_zero or a.infinite)


def power(base: Interval, exponent: Interval) -> Interval:
    """base ** exponent; a negative base wants a whole exponent."""
    n = exponent.point
    if n == 0:
        return Interval(1.0, 1.0, "int")
    if n is not None and n == int(n):
        return _whole_power(base, n)
    nan = base.nan or exponent.nan
    if n is None and exponent.low < 0 and base.may_be_zero:  # 0 may carry a minus sign
        return made(-INF, INF, nan=nan or base.low < 0)
    sizes = _corners(absolute(base), exponent)
    if base.low >= 0:
        return made(*sizes, nan=nan)
    whole = exponent.kind != "float"
    if n is not None and not whole:
        # Only a base of at least 0 gives a number, and minus infinity gives infinity.
        low, high = _corners(Interval(0.0, max(base.high, 0.0)), exponent)
        return made(low, INF if base.low == -INF else high, nan=True)
    return made(-sizes[1], sizes[1], nan=nan or not whole)


def _whole_power(base: Interval, n: float) -> Interval:
    kind = whole_kind(base) if n > 0 else "float"
    if n < 0 and base.may_be_zero:
        return made(0.0 if n % 2 == 0 else -INF, INF, nan=base.nan)
    parts = [Interval(*part) for part in sides(base)] if n < 0 else [base]
    if n % 2 == 0:
        parts = [absolute(part) for part in parts]
    ends = [loose(*sorted((_power(p.low, n), _power(p.high, n)))) for p in parts]
    low, high = min(e[0] for e in ends), max(e[1] for e in ends)
    if n % 2 == 0 or base.low >= 0:
        low = max(low, 0.0)
    return made(low, high if base.high > 0 or n % 2 == 0 else min(high, 0.0), kind, nan=base.nan)


def _corners(base: Interval, exponent: Interval) -> tuple[float, float]:
    """Bounds of a power of base >= 0: it is monotone in both, so extremes lie at corners."""
    ends = [_power(b, e) for b in (base.low, base.high) for e in (exponent.low, exponent.high)]
    if base.low <= 1 <= base.high or exponent.low <= 0 <= exponent.high:
        ends.append(1.0)
    if base.low == 0:
        ends += [0.0] * (exponent.high > 0) + [INF] * (exponent.low < 0)
    if not exponent.bounded and not base.bounded:
        ends += [0.0, INF]
    low, high = loose(min(ends), max(ends))
    return max(low, 0.0), high


def _power(base: float, exponent: float) -> float:
    with np.errstate(all="ignore"):
        return float(np.power(base, exponent))


def extreme(name: str, parts: list[Interval]) -> Interval:
    """The smallest (`min`) or largest (`max`) of several."""
    pick = min if name == "min" else max
    joint = hull(parts)
    return made_like(joint, pick(p.low for p in parts), pick(p.high for p in parts))


def made_like(joint: Interval, low: float, high: float) -> Interval:
    """New bounds, which can be infinite only where the parts can."""
    infinite = joint.infinite and not (math.isfinite(low) and math.isfinite(high))
    return Interval(low, high, joint.kind, joint.nan, infinite)
