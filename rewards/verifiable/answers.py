"""Where a text states its answer: tags, boxes, the last line, the final number."""

from __future__ import annotations

from collections.abc import Callable

from rewardsmith.errors import ConfigError, near_misses

from .numbers import MOST, boxed, final_number, shortest


def whole(text: str) -> str:
    """All of the text, without blanks around it."""
    return text.strip()


def last_line(text: str) -> str:
    """The last line that is not blank."""
    return text.rstrip()[-MOST:].rpartition("\n")[2].strip()


def number(text: str) -> str:
    """The final number, written the shortest way; empty if there is none."""
    found = final_number(text)
    return "" if found is None else shortest(found)


def tagged(text: str, tag: str) -> str:
    """What stands in the last <tag>...</tag>; empty if there is none."""
    text = text[-MOST:]
    end = text.rfind(f"</{tag}>")
    start = text.rfind(f"<{tag}>", 0, max(end, 0))
    return text[start + len(tag) + 2 : end].strip() if start >= 0 else ""


EXTRACTIONS: dict[str, Callable[[str], str]] = {
    "whole": whole,
    "last_line": last_line,
    "boxed": boxed,
    "number": number,
}


def extraction(how: str, who: str) -> Callable[[str], str]:
    """What finds the answer in a text.

    Args:
        how: `whole`, `last_line`, `boxed` or `number`; any other word in angle brackets, such as
            `<answer>`, is a tag.
        who: the term, for errors.

    Raises:
        ConfigError: it is none of them.
    """
    if how in EXTRACTIONS:
        return EXTRACTIONS[how]
    inner = how[1:-1] if isinstance(how, str) else ""
    if inner.isidentifier() and how == f"<{inner}>":
        return lambda text: tagged(text, inner)
    raise ConfigError(
        f"extract of {who} is one of {', '.join(EXTRACTIONS)}, or a tag such as '<answer>'. "
        f"Received {how!r}.{near_misses(str(how), EXTRACTIONS)}"
    )


def alike(text: str) -> str:
    """A text as answers are compared: blanks are one space, capitals do not count."""
    return " ".join(text.casefold().split())
