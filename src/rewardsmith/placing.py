"""Where a fault lies: the text around its caret, and the file that the text is from."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rewardsmith.errors import ConfigError, LanguageError, RewardsmithError


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


@contextmanager
def no_path(text: str) -> Iterator[None]:
    """Tell a path that is no reward file's from a formula that is wrong."""
    try:
        yield
    except LanguageError as error:
        if not _is_path(text):
            raise
        raise ConfigError(
            "A reward file is named .yaml, .yml or .py, and anything else is read as a formula. "
            f"Received the path {text}; rename the file, or give one inside the folder."
        ) from error


def _is_path(text: str) -> bool:
    try:
        return os.sep in text and Path(text.strip()).exists()
    except (OSError, ValueError):  # too long for a path, or null characters
        return False


#: the largest file of a user's that is read, in bytes
MOST_BYTES = 1_000_000


def read_file(path: Path, what: str = "A reward file", most: int = MOST_BYTES) -> str:
    """The text of a user's file, a byte order mark left out.

    Args:
        path: the file.
        what: it should be, for the message.
        most: bytes beyond which it is not read.

    Raises:
        ConfigError: it cannot be read, is a folder, a pipe or a device, or is too large.
    """
    try:
        # A pipe or a device would be waited for, or read without end.
        if not stat.S_ISREG(path.stat().st_mode):
            raise OSError("it is no regular file")
        with path.open("rb") as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise OSError(f"it holds more than {most:,} bytes")
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except (OSError, ValueError) as error:
        raise ConfigError(f"{what} must be readable UTF-8 text. Received {path} ({error}).") from (
            error
        )


@contextmanager
def roomy(name: str) -> Iterator[None]:
    """Say which term asks for more memory than there is, whoever noticed it."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # PyTorch has no class of its own for it: "can't allocate memory", "out of memory".
        if isinstance(error, RuntimeError) and "memory" not in str(error):
            raise
        raise ConfigError(
            f"The term {name!r} asks for more memory than there is. Received: "
            f"{str(error).splitlines()[0]}. Make its sizes smaller, as capacity or latent."
        ) from error


@contextmanager
def fitting(what: str) -> Iterator[None]:
    """Say of what a saved state lacks parts, or holds parts that nobody saved."""
    try:
        yield
    except RewardsmithError:
        raise  # it says what is wrong already
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise ConfigError(
            f"A saved state is taken whole, as state_dict() gave it. Received for {what} one that "
            f"does not fit: {type(error).__name__}: {error}. Load another, or begin anew."
        ) from error
