"""The final number of a text, read in time linear in its length."""

from __future__ import annotations

import math
import re

#: longest text that is searched, in characters, counted from its end
MOST = 200_000
#: longest number that is read, in digits
DIGITS = 400

# Possessive and bounded throughout: no input makes the search go back over what it has read.
_PLAIN = rf"(?:[0-9]{{1,3}}(?:,[0-9]{{3}}){{1,40}}+(?![0-9])|[0-9]{{1,{DIGITS}}}+)"
_UNSIGNED = rf"(?:{_PLAIN}(?:\.[0-9]{{1,{DIGITS}}}+)?+|\.[0-9]{{1,{DIGITS}}}+)"
_NUMBER = re.compile(
    r"(?<![A-Za-z_0-9.^])(?<!\^\{)(?<!\^-)(?<!\^\{-)"
    rf"(?P<top>{_UNSIGNED})(?![0-9])(?:[eE](?P<ten>[-+]?[0-9]{{1,4}}+)(?![0-9.]))?+"
    rf"(?:\^\{{?(?P<power>-?[0-9]{{1,3}}+)\}}?+)?+"
    rf"(?: ?/ ?(?P<bottom>{_UNSIGNED})(?![0-9]))?+"
)
_FRACTION = re.compile(r"\\[dt]?+frac\{([^{}]{1,80}+)\}\{([^{}]{1,80}+)\}")
_TIMES_TEN = re.compile(r" ?(?:\\times|\\cdot|×|\*|x) ?10\^\{?([-+]?[0-9]{1,3}+)\}?+")
#: characters that are read as others: dashes that mean minus, digits of full width
_AS = {0x2212: "-", 0xFF0D: "-", 0x2044: "/", 0x00A0: " "} | {0xFF10 + d: str(d) for d in range(10)}
_UNIT = re.compile(r"[ ]?(?:\\text\{ ?)?([A-Za-zµΩ°%$€£][A-Za-z0-9µΩ°%/^]{0,15}+)")


def final_number(text: str) -> float | None:
    r"""The last number that a text states; None if there is none, or it is not finite.

    Understood are signs, thousands (1,234), decimals, exponents (1e-3, 2\times 10^{3}, 2^{10}),
    fractions (3/4, \frac{3}{4}); a number in the last \boxed{...} or after the last `####` comes
    before any other. Units, currency and percent signs do not count: 50% is 50. Digits that
    belong to a word (x2) or an exponent (cm^2) are no numbers.
    """
    found = _final(text)
    return None if found is None else found[0]


def final_unit(text: str) -> str:
    """The unit that follows the final number, or a currency before it; empty if none does."""
    found = _final(text)
    return "" if found is None else found[1]


def shortest(value: float) -> str:
    """A number's shortest spelling: 3, not 3.0."""
    return str(int(value)) if value == int(value) and abs(value) < 1e16 else repr(value)


def _final(text: str) -> tuple[float, str] | None:
    text = text[-MOST:].translate(_AS)
    for part in (marked(text), text):
        if part and (found := _last(part)) is not None:
            return found
    return None


def boxed(text: str) -> str:
    r"""What stands in the last \boxed{...}; empty if there is none, or it is not closed."""
    text = text[-MOST:]
    start = text.rfind("\\boxed{")
    if start < 0:
        return ""
    start += len("\\boxed{")
    depth = 1
    for i in range(start, len(text)):
        depth += (text[i] == "{") - (text[i] == "}")
        if depth == 0:
            return text[start:i].strip()
    return ""


def marked(text: str) -> str:
    r"""What a text marks as its answer, in \boxed{...} or after ####; empty if it marks nothing."""
    hashes = text.rfind("####")
    if hashes > text.rfind("\\boxed{"):
        return text[hashes + 4 :].partition("\n")[0]
    return boxed(text)


def _last(text: str) -> tuple[float, str] | None:
    text = text.replace("{,}", ",").replace("\\!", "").replace("\\,", " ")
    text = _TIMES_TEN.sub(r"e\1", _FRACTION.sub(r"\1/\2", text))
    last = max(_NUMBER.finditer(text), key=lambda found: found.start(), default=None)
    if last is None:
        return None
    value = _value(last)
    if value is None:
        return None
    before = text[max(last.start() - 4, 0) : last.start()].rstrip(" {$")
    return (-value if _negative(before) else value), _unit(text, last)


def _negative(before: str) -> bool:
    """Whether the text before a number ends in its sign: a minus that subtracts nothing."""
    return before.endswith("-") and not before[:-1].rstrip()[-1:].isalnum()


def _unit(text: str, found: re.Match[str]) -> str:
    after = _UNIT.match(text, found.end())
    if after is not None:
        return after[1].rstrip("}")
    before = text[max(found.start() - 1, 0) : found.start()]
    return before if before in "$€£" else ""


def _value(found: re.Match[str]) -> float | None:
    try:
        value = float(found["top"].replace(",", "") + (f"e{found['ten']}" if found["ten"] else ""))
        if found["power"]:
            value = value ** int(found["power"])
        if found["bottom"]:
            value /= float(found["bottom"].replace(",", ""))
    except (OverflowError, ZeroDivisionError):
        return None
    return value if math.isfinite(value) else None
