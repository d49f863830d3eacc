"""Lists of criteria with weights, as a formula writes them."""

from __future__ import annotations

from typing import Any

from rewardsmith import checks
from rewardsmith.errors import ConfigError

#: (text, weight)
Criterion = tuple[str, float]


def read_criteria(value: Any, who: str) -> tuple[Criterion, ...]:
    """Criteria from `'correct: 2; short'`, or from a tuple of texts or (text, weight) pairs.

    A weight follows the last colon of an entry, and is 1 if there is none.

    >>> read_criteria("Is it correct?: 2; Is it short?", "judge_rubric(...)")
    (('Is it correct?', 2.0), ('Is it short?', 1.0))

    Raises:
        ConfigError: no criterion, an empty one, or a weight that is no number above 0.
    """
    listed = value.split(";") if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not listed:
        raise _wrong(who, value)
    return tuple(_criterion(entry, who, value) for entry in listed)


def _criterion(entry: Any, who: str, value: Any) -> Criterion:
    if isinstance(entry, str):
        text, colon, number = entry.rpartition(":")
        weight = _number(number) if colon else None
        text, weight = (entry, 1.0) if weight is None else (text, weight)
    elif isinstance(entry, tuple) and len(entry) == 2 and isinstance(entry[0], str):
        text, weight = entry
    else:
        raise _wrong(who, value)
    if not text.strip():
        raise _wrong(who, value)
    return text.strip(), checks.number(f"A weight of {who}", weight, above=0)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _wrong(who: str, value: Any) -> ConfigError:
    return ConfigError(
        f"{who} needs a list of what to judge. Received {value!r}; write 'Is it correct?: 2; Is it "
        "short?: 1', with weights after colons."
    )
