"""Where a fault lies: the text around its caret, and the file that the text is from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rewardsmith.errors import ConfigError, LanguageError


@contextmanager
def placed(source: str) -> Iterator[None]:
    """Show faults in `source`: terms know their place in it, only the stack knows the text."""
    try:
        yield
    except LanguageError as error:
        if error.source or not source:
            raise
        raise type(error)(error.message, source, error.line, error.column, error.width) from None


@contextmanager
def told_in(where: str) -> Iterator[None]:
    """Put the file's name before the message of a reward that cannot be built."""
    try:
        yield
    except LanguageError as error:
        if not where:
            raise
        message, place = f"In {where}: {error.message}", (error.line, error.column, error.width)
        raise type(error)(message, error.source, *place) from None
    except ConfigError as error:
        if not where:
            raise
        raise type(error)(f"In {where}: {error}") from error


def read_file(path: Path) -> str:
    """The text of a reward's file; raises `ConfigError` if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"A reward file must be readable UTF-8 text. Received {path} ({error})."
        ) from error
