"""Checks of the options of terms and schedules: the rule, what was received, what to write."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from rewardsmith.errors import ConfigError
from rewardsmith.language.format import format_expression
from rewardsmith.language.nodes import Expr


def number(
    what: str,
    value: Any,
    *,
    least: float | None = None,
    above: float | None = None,
    write: str = "",
) -> float:
    """A finite number within its limits; a bool is none.

    Args:
        what: whose value it is, e.g. `"epsilon of normalize"`.
        value: what the user gave.
        least: the smallest that is allowed.
        above: what it must be greater than.
        write: what to write instead, e.g. `"epsilon=1e-8"`.

    Raises:
        ConfigError: it is something else, NaN and infinity included.

    >>> number("epsilon", 0.5, above=0)
    0.5
    """
    found = _float(value)
    low = (least is not None and found < least) or (above is not None and found <= above)
    if not math.isfinite(found) or low:
        limit = "" if least is None else f" >= {least:g}"
        limit = limit if above is None else f" > {above:g}"
        raise _wrong(f"{what} is a finite number{limit}", value, write)
    return found


def whole(what: str, value: Any, *, least: int, write: str = "") -> int:
    """A whole number of at least `least`; a bool is none, 2.0 is one."""
    found = _float(value)
    if not math.isfinite(found) or found != int(found) or found < least:
        raise _wrong(f"{what} is a whole number >= {least}", value, write)
    return int(found)


def truth(what: str, value: Any, *, write: str = "") -> bool:
    """True or False, nothing else."""
    if not isinstance(value, bool):
        raise _wrong(f"{what} is True or False", value, write)
    return value


def shown(value: Any) -> str:
    """A value as an error shows it: expressions as they are written."""
    if isinstance(value, Expr):
        return f"{format_expression(value)} by position, which is an expression"
    return repr(value)


def _float(value: Any) -> float:
    """The number as a float; NaN, which no rule allows, for what is no number."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf  # a whole number of more than 308 digits


def _wrong(rule: str, value: Any, write: str) -> ConfigError:
    return ConfigError(f"{rule}. Received {shown(value)}.{f' Write {write}.' if write else ''}")
