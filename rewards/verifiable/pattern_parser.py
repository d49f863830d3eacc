"""The grammar of patterns: text -> nodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from rewardsmith.errors import ConfigError

#: longest pattern, in characters
LONGEST = 500
#: deepest nesting of groups
DEEPEST = 20
#: largest count in {m,n}
COUNT = 1000


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


_CLASSES: dict[str, Callable[[str], bool]] = {"d": str.isdecimal, "s": str.isspace, "w": _is_word}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a pattern.

    Args:
        kind: `set` (one character), `seq`, `or`, `repeat`.
        parts: its parts.
        items: of a set, what belongs to it: characters, (first, last) ranges, class letters
            after a backslash (a capital letter is the opposite).
        negated: of a set, whether it holds what `items` leave out.
        least, most: of a repetition; None is without end.
    """

    kind: str
    parts: tuple[Node, ...] = ()
    items: tuple[str | tuple[str, str], ...] = ()
    negated: bool = False
    least: int = 0
    most: int | None = None

    def holds(self, char: str) -> bool:
        """Whether a character belongs to this set."""
        return any(_within(char, item) for item in self.items) != self.negated


def _within(char: str, item: str | tuple[str, str]) -> bool:
    if isinstance(item, tuple):
        return item[0] <= char <= item[1]
    if len(item) == 2:
        return _CLASSES[item[1].lower()](char) != item[1].isupper()
    return char == item


def parse(source: str) -> Node:
    """The nodes of a pattern.

    Raises:
        ConfigError: says what is wrong, and where.
    """
    if not isinstance(source, str) or not 0 < len(source) <= LONGEST:
        size = f"{len(source)} characters" if isinstance(source, str) else repr(source)
        raise ConfigError(f"A pattern is a text of 1 to {LONGEST} characters. Received {size}.")
    parser = _Parser(source)
    node = parser.either(0)
    if parser.here:
        parser.fail("a ) without its (")
    return node


class _Parser:
    def __init__(self, source: str) -> None:
        self.source, self.at = source, 0

    @property
    def here(self) -> str:
        """The next character; empty at the end."""
        return self.source[self.at : self.at + 1]

    def fail(self, problem: str, remedy: str = "") -> NoReturn:
        """Say what is wrong at this place."""
        raise ConfigError(
            f"The pattern {self.source!r} has {problem} at character {self.at + 1}. "
            f"{remedy or r'Put a backslash before a sign that stands for itself.'}"
        )

    def either(self, depth: int) -> Node:
        """Alternatives."""
        if depth > DEEPEST:
            self.fail(f"groups more than {DEEPEST} deep", "Nest less.")
        options = [self.sequence(depth)]
        while self.here == "|":
            self.at += 1
            options.append(self.sequence(depth))
        return options[0] if len(options) == 1 else Node("or", tuple(options))

    def sequence(self, depth: int) -> Node:
        """Parts one after another, each perhaps repeated."""
        parts = []
        while self.here and self.here not in "|)":
            part = self.atom(depth)
            while self.here and self.here in "*+?{":
                if part.kind == "repeat":
                    self.fail("a repetition of a repetition", "Write (?:a+)? instead of a+?.")
                part = self.repeated(part)
            parts.append(part)
        return Node("seq", tuple(parts))

    def repeated(self, part: Node) -> Node:
        """The part with the count that follows it."""
        sign = self.here
        self.at += 1
        if sign != "{":
            return Node("repeat", (part,), least=int(sign == "+"), most=1 if sign == "?" else None)
        inside, closed, _ = self.source[self.at :].partition("}")
        low, comma, high = inside.partition(",")
        counts = [low, *([high] if high else [])]
        if not closed or not all(c.isascii() and c.isdigit() and int(c) <= COUNT for c in counts):
            self.fail(
                "a { that begins no count", f"Counts are {{m}}, {{m,}}, {{m,n}} up to {COUNT}."
            )
        most = int(high) if high else (None if comma else int(low))
        if most is not None and most < int(low):
            self.fail("a count whose end is before its beginning")
        self.at += len(inside) + 1
        return Node("repeat", (part,), least=int(low), most=most)

    def atom(self, depth: int) -> Node:
        """One character, a set or a group."""
        char = self.here
        if char in "*+?{":
            self.fail(f"a {char} with nothing to repeat")
        if char in "^$":
            self.fail(f"the anchor {char}", "Leave it out: the whole text is matched.")
        self.at += 1
        if char == "(":
            return self.group(depth)
        if char == "[":
            return self.set()
        if char == ".":
            return Node("set", negated=True)
        return Node("set", items=(self.escaped() if char == "\\" else char,))

    def group(self, depth: int) -> Node:
        """What stands in parentheses."""
        if self.here == "?":
            if self.source[self.at : self.at + 2] != "?:":
                self.fail(
                    "a (? that is not (?:", "Look-around, names and flags would need backtracking."
                )
            self.at += 2
        inner = self.either(depth + 1)
        if self.here != ")":
            self.fail("a ( without its )")
        self.at += 1
        return inner if inner.kind != "repeat" else Node("seq", (inner,))

    def escaped(self) -> str:
        """What a backslash makes of the next character."""
        char = self.here
        if not char:
            self.fail("a backslash at its end")
        if char.lower() in _CLASSES:
            self.at += 1
            return "\\" + char
        if char.isalnum() and char not in _ESCAPES:
            self.fail(f"\\{char}", "Backreferences and word borders would need backtracking.")
        self.at += 1
        return _ESCAPES.get(char, char)

    def set(self) -> Node:
        """What stands in brackets."""
        negated = self.here == "^"
        self.at += negated
        items: list[str | tuple[str, str]] = []
        while self.here != "]" or not items:
            if not self.here:
                self.fail("a [ without its ]")
            items.append(self.item())
        self.at += 1
        return Node("set", items=tuple(items), negated=negated)

    def item(self) -> str | tuple[str, str]:
        """A character, a class or a range."""
        first = self.one()
        if self.here != "-" or self.source[self.at + 1 : self.at + 2] in ("]", ""):
            return first
        self.at += 1
        last = self.one()
        if len(first) != 1 or len(last) != 1 or first > last:
            self.fail("a range whose end is before its beginning")
        return first, last

    def one(self) -> str:
        """One character of a set."""
        char = self.here
        self.at += 1
        return self.escaped() if char == "\\" else char
