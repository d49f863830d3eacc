"""The formula that a text states: boxed, between dollars, or in the last line."""

from __future__ import annotations

import re

from .answers import last_line
from .numbers import MOST, marked

#: longest formula that is compared, in characters
LONGEST = 1000
_SIGN = r"(?<![\\$])\$"  # a dollar that is neither \$ nor half of $$
_BODY = r"((?:\\[^\n]|[^$\\\n]){1,1000}+)"
_DISPLAY = re.compile(
    r"\$\$([^$]{1,1000}+)\$\$|\\\((.{1,1000}?)\\\)|\\\[(.{1,1000}?)\\\]", re.DOTALL
)
#: pandoc's rule (`tex_math_dollars`); it looks ahead, so that each dollar may open a pair
_DOLLARS = re.compile(rf"{_SIGN}(?=(?!\s){_BODY}(?<!\s)\$(?![\d$]))")
_SPACED = re.compile(rf"{_SIGN}(?= {_BODY}(?<= )\$(?![\d$]))")
_MONEY = re.compile(r"(?:\\?\$)?([^$]*?)(?:\\?\$)?")
_WORD = re.compile(r"(?<![A-Za-z\\{])[A-Za-z]{2,}")
_SAYS = re.compile(r"\b(?:is|are|equals)\b|(?<=[A-Za-z*]{2}):(?=[\s*$\\])")


def formula(text: str) -> str:
    r"""The formula that a text ends with.

    What stands in the last \boxed{...} or after the last `####`; else the last formula between
    dollars, \(...\) or \[...\]; else the last line, without a full stop, or what it says after
    `is`, `are`, `equals` or a colon, where no word follows.

    A pair of dollars is as in pandoc: on one line, no blank just inside, no digit just after; or
    with a blank on either side, and no word inside. Any other dollar is money.

    >>> formula("It is $x + 1$, that is, $2x$."), formula("so\n1/2.")
    ('2x', '1/2')
    >>> formula("It costs $3 each.\nTotal: $12")
    '12'
    """
    text = text[-MOST:]
    if found := marked(text):
        return _plain(found)
    return _between(text[-4 * LONGEST :]) or _said(last_line(text).rstrip("."))


def _between(text: str) -> str:
    """The last formula between signs; empty if there is none."""
    last = [*_DISPLAY.finditer(text)][-1:] + [*_DOLLARS.finditer(text)][-1:]
    if not last:
        spaced = [f for f in _SPACED.finditer(text) if not _WORD.search(f[1])]
        last = spaced[-1:]
    found = max(last, key=lambda one: one.start(), default=None)
    return next(filter(None, found.groups()), "").strip() if found else ""


def _said(line: str) -> str:
    """What a line says after its last verb or colon, if that is no more words; else the line."""
    says = [found.end() for found in _SAYS.finditer(line[-2 * LONGEST :])]
    said = _plain(line[-2 * LONGEST :][says[-1] :].lstrip(": ")) if says else ""
    whole = said.count("{") == said.count("}")
    return said if said and whole and not _WORD.search(said) else _plain(line)


def _plain(text: str) -> str:
    """A formula without the stars of bold type and the dollars around it."""
    text = text.strip().removeprefix("**").removesuffix("**").strip().rstrip(".")
    found = _MONEY.fullmatch(text)
    return found[1].strip() if found else text
