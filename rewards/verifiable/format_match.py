"""Whether a text has the form that was asked for."""

from __future__ import annotations

from typing import Any

from rewardsmith.errors import ConfigError
from rewardsmith.registry import register_term

from .base import TextTerm
from .pattern import Pattern

#: longest text that can have the form, in characters
MOST = 50_000


@register_term("format_match")
class FormatMatch(TextTerm):
    r"""Pays 1 where a text has the right form, else 0.

    DeepSeek-R1 (arXiv 2501.12948, section 2.2.2): format rewards for reasoning that stands between
    tags. With `tags=('think', 'answer')` the text is <think>...</think><answer>...</answer>, each
    tag once, nothing but blanks outside. With `pattern` the whole text, blanks around it left out,
    matches a regular expression of the safe kind, `rewardsmith.rewards.verifiable.pattern`: time is
    linear in the text, whatever it holds. Texts of more than 50,000 characters have no form.

    Args:
        action: the text.
        pattern: the regular expression.
        tags: names of tags, in order.
    """

    lies = (0.0, 1.0)

    def __init__(self, action: Any, *, pattern: str = "", tags: tuple[str, ...] = ()) -> None:
        super().__init__(action)
        if bool(pattern) == bool(tags):
            raise ConfigError(
                f"{self.who} takes either a pattern or tags. Received pattern={pattern!r} and "
                f"tags={tags!r}; write format_match(action, tags=('think', 'answer'))."
            )
        self._pattern = Pattern(pattern) if pattern else None
        self._tags = tag_names(tags, self.who)

    def score(self, *texts: str) -> float:
        """1 if it has the form."""
        text = texts[0].strip()
        if len(text) > MOST:
            return 0.0
        if self._pattern is not None:
            return float(self._pattern.matches(text))
        return float(has_tags(text, self._tags))


def tag_names(tags: Any, who: str) -> tuple[str, ...]:
    """Names of tags, checked."""
    names = (tags,) if isinstance(tags, str) else tuple(tags)
    if not all(isinstance(n, str) and n.isidentifier() for n in names):
        raise ConfigError(
            f"tags of {who} are names such as ('think', 'answer'). Received {tags!r}; leave the "
            "angle brackets out."
        )
    return names


def has_tags(text: str, tags: tuple[str, ...]) -> bool:
    """Whether the text is these tagged parts in this order, each once, and nothing else.

    >>> has_tags("<think>a</think> <answer>b</answer>", ("think", "answer"))
    True
    """
    at = 0
    for tag in tags:
        opening, closing = f"<{tag}>", f"</{tag}>"
        if text.count(opening) != 1 or text.count(closing) != 1:
            return False
        start, end = text.find(opening), text.find(closing)
        if start < at or end < start or text[at:start].strip():
            return False
        at = end + len(closing)
    return not text[at:].strip()
