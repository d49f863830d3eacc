"""How well a text's tool calls agree with the reference's."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from rewardsmith.errors import ConfigError
from rewardsmith.registry import register_term

from .base import TextTerm
from .format_match import has_tags, tag_names

#: longest text that is read for calls, in characters; most calls in it
MOST, CALLS = 100_000, 64
TAG = "tool_call"

Call = tuple[str, Mapping[str, Any]]


@register_term("tool_match")
class ToolMatch(TextTerm):
    """Pays the format, 0 or 1, plus how well the tool calls agree, in [-3, 3].

    ToolRL (arXiv 2504.13958, section 3.3): R = R_format + R_correct, R_correct = 6 S / S_max - 3,
    S = Jaccard of the names (as bags) + the sum over the reference's calls of their best unused
    partner of the same name (Jaccard of the parameters' names + number of equal values), S_max =
    1 + sum over the reference's calls of (1 + number of parameters). Calls stand one a line in
    <tool_call>...</tool_call> as {"name": ..., "parameters": {...}} ("arguments" will do). Without
    readable calls the correctness is -3; with a reference without calls it is 0, as released.

    Args:
        action: the text with the calls.
        reference: the right calls, with or without the tags.
        tags: the tags of a well-formed text, in order (`has_tags`); () drops the format's part.
    """

    def __init__(
        self, action: Any, reference: Any, *, tags: tuple[str, ...] = ("think", TAG)
    ) -> None:
        super().__init__(action, reference)
        self._tags = tag_names(tags, self.who)

    lies = (-3.0, 4.0)

    def score(self, *texts: str) -> float:
        """Format plus correctness."""
        paid = float(bool(self._tags) and has_tags(texts[0].strip(), self._tags))
        truth = self._truth(texts[1])
        return paid + (correctness(calls_of(texts[0]), truth) if truth else 0.0)

    def _truth(self, reference: str) -> list[Call]:
        text = reference if f"<{TAG}>" in reference else f"<{TAG}>{reference}</{TAG}>"
        calls = calls_of(text) if reference.strip() else []
        if calls is None:
            raise ConfigError(
                f'The reference of {self.who} is tool calls in JSON, one a line: {{"name": ..., '
                f'"parameters": {{...}}}}. Received {reference[:80]!r}; correct the feature.'
            )
        return calls


def correctness(calls: list[Call] | None, truth: list[Call]) -> float:
    """6 S / S_max - 3 of calls against the right ones; -3 if they could not be read."""
    if calls is None:
        return -3.0
    if calls == truth:
        return 3.0
    score = jaccard((name for name, _ in calls), (name for name, _ in truth))
    unused = list(range(len(calls)))
    for name, parameters in truth:
        worth = {i: _agreement(calls[i][1], parameters) for i in unused if calls[i][0] == name}
        best = max(worth, key=lambda i: worth[i], default=None)
        if best is not None and worth[best] > 0:
            unused.remove(best)
            score += worth[best]
    return 6 * score / (1 + sum(1 + len(p) for _, p in truth)) - 3


def _agreement(given: Mapping[str, Any], right: Mapping[str, Any]) -> float:
    equal = sum(1 for k, v in right.items() if k in given and given[k] == v)
    return jaccard(given, right) + equal


def jaccard(given: Iterable[Any], right: Iterable[Any]) -> float:
    """Overlap of two bags: shared / all; 1 if both are empty.

    >>> jaccard("aab", "abc")
    0.5
    """
    a, b = Counter(iter(given)), Counter(iter(right))  # of a mapping its keys
    if a == b:
        return 1.0
    return float((a & b).total() / (a | b).total())


def calls_of(text: str) -> list[Call] | None:
    """The calls between the first pair of tags; None if they cannot be read."""
    inside = text[:MOST].partition(f"<{TAG}>")[2]
    inside, closing, _ = inside.partition(f"</{TAG}>")
    lines = [line for line in inside.splitlines() if line.strip()]
    if not closing or len(lines) > CALLS:
        return None
    try:
        return [_call(json.loads(line, parse_constant=_refuse)) for line in lines]
    except (ValueError, RecursionError):
        return None


def _call(found: Any) -> Call:
    if isinstance(found, dict) and isinstance(found.get("name"), str):
        parameters = found.get("parameters", found.get("arguments", {}))
        if isinstance(parameters, dict):
            return found["name"], parameters
    raise ValueError("no call")


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON")
