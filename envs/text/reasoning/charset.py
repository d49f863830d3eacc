"""The characters of reasoning puzzles: beyond Latin-1, arrows, logic, boxes, cards and emoji."""

from __future__ import annotations

from rewardsmith.envs.text_space import CHARSET, NamedText

_BLOCKS = (
    (0x0370, 0x03FF),  # Greek
    (0x2010, 0x2044),  # dashes and quotes
    (0x2070, 0x209F),  # superscripts and subscripts
    (0x2190, 0x22FF),  # arrows, operators of mathematics and logic
    (0x2500, 0x27BF),  # boxes, shapes, signs
    (0x2B00, 0x2BFF),  # more shapes
    (0xFE00, 0xFE0F),  # variation selectors, which emoji_mystery hides bytes in
    (0x1F000, 0x1FAFF),  # tiles, cards, emoji
    (0xE0100, 0xE01EF),  # more variation selectors
)
WIDE_CHARSET = CHARSET + "".join(
    chr(c) for low, high in _BLOCKS for c in range(low, high + 1) if chr(c) not in CHARSET
)
_ALLOWED = frozenset(WIDE_CHARSET)


def wide_text(longest: int, least: int) -> NamedText:
    """The space of texts of these characters."""
    return NamedText(longest, least=least, charset=WIDE_CHARSET, named="characters of puzzles")


def readable(text: str, longest: int) -> str:
    """`text` cut at `longest`, with `?` for characters outside `WIDE_CHARSET`.

    >>> readable("B \\u2192 C", 5), readable("\\u5b57", 5)
    ('B \\u2192 C', '?')
    """
    return "".join(c if c in _ALLOWED else "?" for c in text[:longest])
