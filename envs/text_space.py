"""What the environments of text share: the space of printable text, and checks of settings."""

from __future__ import annotations

import operator
from typing import Any

from gymnasium import spaces

from rewardsmith.errors import ConfigError

MAX_TEXT, MAX_COMMAND = 4096, 128
#: line feed and every printable character of Latin-1
CHARSET = "\n" + "".join(map(chr, [*range(0x20, 0x7F), *range(0xA1, 0x100)]))
_ALLOWED = frozenset(CHARSET)


class NamedText(spaces.Text):
    """Text whose characters are named where it is printed, in errors for instance, not listed.

    >>> NamedText(80)
    Text(1, 80, printable Latin-1)
    """

    def __init__(
        self,
        longest: int,
        *,
        least: int = 1,
        charset: str = CHARSET,
        named: str = "printable Latin-1",
    ) -> None:
        super().__init__(longest, min_length=least, charset=charset)
        self._named = named

    def __repr__(self) -> str:
        return f"Text({self.min_length}, {self.max_length}, {self._named})"


def observation_space(longest: int = MAX_TEXT) -> spaces.Text:
    """Up to `longest` (4096) printable characters."""
    return NamedText(longest, least=0)


def command_space(longest: int = MAX_COMMAND) -> spaces.Text:
    """One to `longest` (128) printable characters."""
    return NamedText(longest)


def printable(text: str, longest: int = MAX_TEXT) -> str:
    """`text` as a member of `observation_space`: cut at its length, `?` for other characters.

    >>> printable("caf\u00e9 \u2713")
    'caf\u00e9 ?'
    """
    return "".join(c if c in _ALLOWED else "?" for c in text[:longest])


def shortened(line: str) -> str:
    """The repr of a line, cut to 40 characters, for answers and errors."""
    return repr(line if len(line) <= 40 else line[:37] + "...")


def chosen(action: Any, commands: list[str], most: int) -> str:
    """The command at an index; `#7`, which is none, if there is no command 7.

    Raises:
        ConfigError: what is no whole number, named shortly, with `most` indices.
    """
    try:
        index = operator.index(action)
    except TypeError:
        raise ConfigError(
            f"actions='index' takes a whole number, 0 to {most - 1}. Received "
            f"{shortened(str(action))} of type {type(action).__name__}. To write lines, make the "
            "env with actions='text'."
        ) from None
    return commands[index] if 0 <= index < len(commands) else f"#{index}"


def one_of(name: str, value: Any, allowed: tuple[Any, ...]) -> None:
    """Raise `ConfigError` unless the setting `name` has one of the `allowed` values."""
    if value not in allowed:
        raise ConfigError(f"{name} is one of {allowed}. Received {value!r}.")


def at_least_one(**numbers: int) -> None:
    """Raise `ConfigError` for a number below 1."""
    for name, number in numbers.items():
        if number < 1:
            raise ConfigError(f"{name} must be at least 1. Received {number}.")
