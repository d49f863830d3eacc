"""Reading verdicts: strictly, and only those that carry the key."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

T = TypeVar("T")

#: longer replies are cut: a verdict is one short line
MAX_REPLY = 20_000
_FLAT = re.compile(r"\{[^{}]*\}")


def read_verdict(reply: str, key: str, read: Callable[[Mapping[str, Any]], T | None]) -> T | None:
    """What the one verdict in a reply says; None if there is none.

    A verdict is a flat JSON object with `"key": key`. Others are quotations and do not count. If
    several carry the key they must say the same.

    Args:
        reply: the judge's text.
        key: that of the prompt.
        read: the value of a verdict's other fields, or None if they are not as asked for.
    """
    found = [_load(text) for text in _FLAT.findall(reply[-MAX_REPLY:])]
    verdicts = [read(v) for v in found if v is not None and v.get("key") == key]
    first = verdicts[0] if verdicts else None
    return first if all(v == first for v in verdicts) else None


def scores(
    fields: Mapping[str, Any], names: Sequence[str], low: float, high: float
) -> tuple[float, ...] | None:
    """Numbers in [low, high] under exactly these names; None if anything is amiss."""
    values = [fields.get(name) for name in names]
    if set(fields) != {"key", *names} or not all(_is_number(v) for v in values):
        return None
    found = tuple(float(v) for v in values if v is not None)
    return found if all(low <= v <= high for v in found) else None


def choices(
    fields: Mapping[str, Any], names: Sequence[str], allowed: Sequence[str]
) -> tuple[str, ...] | None:
    """One of the allowed words under exactly these names; None if anything is amiss."""
    values = [fields.get(name) for name in names]
    if set(fields) != {"key", *names} or not all(v in allowed for v in values):
        return None
    return tuple(str(v) for v in values)


def _is_number(value: Any) -> bool:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return known and abs(value) < 1e6 and math.isfinite(value)


def _load(text: str) -> dict[str, Any] | None:
    try:
        loaded = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return loaded if isinstance(loaded, dict) else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no number")
