"""NetHack's keys as words."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from typing import Any

DIRECTIONS = {
    "N": "north",
    "E": "east",
    "S": "south",
    "W": "west",
    "NE": "northeast",
    "SE": "southeast",
    "SW": "southwest",
    "NW": "northwest",
}
_WORDS = {
    "CompassDirectionLonger": {key: f"far {word}" for key, word in DIRECTIONS.items()},
    "CompassDirection": DIRECTIONS,
    "Command": {
        "PICKUP": "pick up",
        "PUTON": "put on",
        "TAKEOFF": "take off",
        "TAKEOFFALL": "take off all",
        "ESC": "escape",
        "MOVEFAR": "move far",
        "TWOWEAPON": "two weapon",
    },
}


def word(key: Any) -> str:
    """A member of one of nle's action enums as a word.

    >>> import enum
    >>> word(enum.Enum("Command", {"PICKUP": 44}).PICKUP)
    'pick up'
    """
    known = _WORDS.get(type(key).__name__, {})
    name = str(key.name)
    return known.get(name, name.lower().replace("_", " "))


ESCAPE = 27
ANSWERS = (*map(ord, string.ascii_letters), ESCAPE)
_CHOICES = re.compile(r"\[([$a-zA-Z-]+)[^\]]*\]")


class Vocabulary:
    """What an agent may say in one game, and the positions of the keys that this stands for.

    A line is a word (`north`, `pick up`), a word with what it is done to (`kick north`, `eat f`),
    or, while a question is open, the letter that answers it.

    Args:
        keys: the keys of the task, then `ANSWERS`.
    """

    def __init__(self, keys: Sequence[Any]) -> None:
        own = len(keys) - len(ANSWERS)
        self.words: dict[str, int] = {}
        for i, key in enumerate(keys[:own]):
            self.words.setdefault(word(key), i)
        self._letters = {chr(key): own + i for i, key in enumerate(ANSWERS)}

    def listed(self, question: str | None) -> list[str]:
        """The words of the task, or those that answer an open question."""
        if question is None:
            return list(self.words)
        found = _CHOICES.search(question)
        if found:
            return [*spread(found[1]), "escape"]
        directions = [w for w in DIRECTIONS.values() if w in self.words]
        return [*(directions if "direction" in question else "yn"), "escape"]

    def keys(self, line: str, asked: bool) -> list[int]:
        """The positions of the keys to press, in order; empty if the line is no move."""
        line = " ".join(line.split())
        if asked:
            answer = self.answer(line)
            return [] if answer is None else [answer]
        if line.lower() in self.words:
            return [self.words[line.lower()]]
        head, _, tail = line.rpartition(" ")
        moves = head.lower().removeprefix("far ") in DIRECTIONS.values()
        first, second = None if moves else self.words.get(head.lower()), self.answer(tail)
        return [] if first is None or second is None else [first, second]

    def answer(self, line: str) -> int | None:
        """The position of a letter, a direction or `escape`."""
        if line.lower() == "escape":
            return self._letters[chr(ESCAPE)]
        if line.lower() in DIRECTIONS.values():
            return self.words.get(line.lower())
        return self._letters.get(line) if len(line) == 1 and line.isalpha() else None


def spread(choices: str) -> list[str]:
    """The letters of a question's brackets.

    >>> spread("a-dfZ")
    ['a', 'b', 'c', 'd', 'f', 'Z']
    """
    letters: list[str] = []
    for match in re.finditer(r"([a-zA-Z])-([a-zA-Z])|([a-zA-Z])", choices):
        first, last = match[1] or match[3], match[2] or match[3]
        letters += [chr(c) for c in range(ord(first), ord(last) + 1)]
    return letters
