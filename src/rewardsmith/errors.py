"""Errors that state the rule, what was received and what to do."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable
from types import ModuleType


class RewardsmithError(Exception):
    """Base of every error that this package raises on purpose."""


class UnknownNameError(RewardsmithError, KeyError):
    """A name that nothing answers to; the message lists the near misses."""

    def __str__(self) -> str:
        # KeyError would print the repr of the message.
        return str(self.args[0]) if self.args else ""


class LanguageError(RewardsmithError, ValueError):
    """A reward text that is not in the language; shows line, column and a caret."""

    def __init__(
        self, message: str, source: str = "", line: int = 1, column: int = 0, width: int = 1
    ) -> None:
        self.message, self.source = message, source
        self.line, self.column, self.width = line, column, max(width, 1)
        super().__init__(self._render())

    def _render(self) -> str:
        lines = self.source.splitlines()
        if not 1 <= self.line <= len(lines):
            return self.message
        start = max(self.column - 60, 0)  # a long line is cut around the place
        shown = lines[self.line - 1][start : start + 160]
        mark = " " * (self.column - start) + "^" * min(self.width, 160)
        place = f"line {self.line}, column {self.column + 1}"
        return f"{self.message}\n  at {place}\n    {shown}\n    {mark}"


class BindingError(RewardsmithError, ValueError):
    """A stack that cannot run where it was put: feature, scope or gamma does not fit."""


class PlaceError(RewardsmithError, ValueError):
    """A place (wrapper, buffer) that was put where it cannot do its work."""


class NonFiniteRewardError(RewardsmithError, ArithmeticError):
    """A term gave NaN or infinity; names the term, the step and the features."""


class ContractError(RewardsmithError, AssertionError):
    """A term or an environment that breaks the contract of `rewardsmith.testing`."""


class ConfigError(RewardsmithError, ValueError):
    """A setting, file or folder given by the user that cannot be used."""


class ClientError(RewardsmithError, RuntimeError):
    """A language model that could not be asked; says why and what to do, never a key."""


class TransientClientError(ClientError):
    """A `ClientError` that may pass: no connection, a timeout, too many requests."""


class BudgetError(ClientError):
    """A limit on requests, tokens or cost is reached; says what was spent."""


class MissingExtraError(RewardsmithError, ImportError):
    """An optional package is absent; names the extra that installs it."""


def near_misses(name: object, known: Iterable[str], *, limit: int = 3) -> str:
    """Return `" Did you mean 'x'?"`, or an empty string if nothing is near.

    A name that is no text, as a file may hold, is compared as it is written.

    >>> near_misses("has_kye", ["has_key", "door_open"])
    " Did you mean 'has_key'?"
    >>> near_misses("lr", ["lora", "learning_rate"])
    " Did you mean 'learning_rate'?"
    """
    lowered = {k.lower(): k for k in known}
    sought = str(name).lower()
    # an abbreviation, as many write it: the first letters of a name's words
    hits = [k for k in lowered if "_" in k and sought == "".join(w[:1] for w in k.split("_"))]
    hits = hits[:limit] or difflib.get_close_matches(sought, list(lowered), n=limit, cutoff=0.6)
    return f" Did you mean {' or '.join(repr(lowered[h]) for h in hits)}?" if hits else ""


def unknown_name(kind: str, name: object, known: Iterable[str]) -> UnknownNameError:
    """Build the error for an unknown `kind` (term, feature, environment, ...)."""
    names = sorted(known)
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    hint = near_misses(name, names)
    return UnknownNameError(f"Unknown {kind} {name!r}.{hint} Known: {shown or 'none'}.")


def require(module: str, *, extra: str) -> ModuleType:
    """Import `module`, or raise `MissingExtraError` naming the extra to install."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(
            f"This needs the package {module.split('.', maxsplit=1)[0]!r}, which could not "
            f"be imported ({error}). Install it with: pip install 'rewardsmith[{extra}]'"
        ) from error
