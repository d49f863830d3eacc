"""The registered terms: the names that a formula or a YAML file may call."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from rewardsmith.errors import ConfigError, unknown_name

if TYPE_CHECKING:
    from rewardsmith.term import RewardTerm

T = TypeVar("T", bound="type[RewardTerm]")

_terms: dict[str, type[RewardTerm]] = {}
#: name -> module that registers it; imported when the term is first asked for
_later: dict[str, str] = {}


def register_term(name: str) -> Callable[[T], T]:
    """Class decorator: makes a `RewardTerm` callable by `name` in formulas and YAML.

    Raises:
        ConfigError: if the name is no identifier or belongs to another class.
    """

    def decorate(cls: T) -> T:
        taken = _terms.get(name)
        same = taken is not None and taken.__qualname__ == cls.__qualname__
        if not name.isidentifier() or (taken is not None and not same):
            raise ConfigError(
                f"A term's name must be a free Python identifier. Received {name!r}"
                + (f", which is {taken.__qualname__}'s." if taken else ".")
            )
        cls.term_name = name
        _terms[name] = cls
        return cls

    return decorate


def register_later(name: str, module: str) -> None:
    """Let `name` be a term whose module is imported only when somebody asks for it.

    For terms that need a heavy package, so that reading a formula does not load it.
    """
    _later.setdefault(name, module)


def _load_builtin() -> None:
    # By name, because rewards/ depends on this package and not the other way round.
    importlib.import_module("rewardsmith.rewards")


def term_names() -> tuple[str, ...]:
    """All registered names, sorted."""
    _load_builtin()
    return tuple(sorted({*_terms, *_later}))


def find_term(name: str) -> type[RewardTerm]:
    """The class registered as `name`; raises `UnknownNameError` with the near misses."""
    _load_builtin()
    if name not in _terms and name in _later:
        importlib.import_module(_later[name])
    try:
        return _terms[name]
    except KeyError:
        raise unknown_name("term", name, {*_terms, *_later}) from None
