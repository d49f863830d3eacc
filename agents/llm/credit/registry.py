"""The methods of credit assignment, by name; users add their own with `register_credit`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from rewardsmith.errors import ConfigError, unknown_name
from rewardsmith.transition import Floats

F = TypeVar("F", bound=Callable[..., Floats])

LEVELS = ("turn", "trajectory")


@dataclass(frozen=True, slots=True)
class CreditMethod:
    """One method.

    Args:
        name: as `credit(method=...)` takes it.
        function: `function(rollouts, *, gamma, **options) -> (B, T)`.
        level: `trajectory` if all turns of an episode are judged by the episode's reward alone,
            `turn` if when it was paid matters. It is the `credit` of a `Learner`.
        options: names and defaults of its options.
    """

    name: str
    function: Callable[..., Floats]
    level: str
    options: Mapping[str, Any]


_methods: dict[str, CreditMethod] = {}


def register_credit(name: str, *, level: str = "turn") -> Callable[[F], F]:
    """Decorator: makes a function available as `credit(..., method=name)`.

    The function takes `Rollouts` and keyword-only options, `gamma` among them, and returns
    advantages of shape (B, T); what it says of turns that an episode does not have is ignored.

    Args:
        name: a free identifier.
        level: `turn` or `trajectory`, see `CreditMethod`.

    Raises:
        ConfigError: the name is taken or no identifier, the level unknown, no `gamma`.

    >>> @register_credit("undiscounted_future")
    ... def undiscounted_future(rollouts, *, gamma):
    ...     return rollouts.rewards[:, ::-1].cumsum(axis=1)[:, ::-1]
    >>> find_credit("undiscounted_future").level
    'turn'
    """

    def decorate(function: F) -> F:
        _check(name, function, level)
        named = {
            p.name: p.default
            for p in inspect.signature(function).parameters.values()
            if p.kind is p.KEYWORD_ONLY
        }
        if "gamma" not in named:
            raise ConfigError(
                f"A credit function takes a keyword-only gamma. Received {name!r} with "
                f"{sorted(named) or 'no options'}; write def {name}(rollouts, *, gamma)."
            )
        del named["gamma"]
        _methods[name] = CreditMethod(name, function, level, named)
        return function

    return decorate


def _check(name: str, function: Callable[..., Floats], level: str) -> None:
    taken = _methods.get(name)
    same = taken is not None and taken.function.__qualname__ == function.__qualname__
    if not name.isidentifier() or (taken is not None and not same):
        raise ConfigError(
            f"A credit method's name is a free identifier. Received {name!r}"
            + (", which is taken." if taken else ".")
        )
    if level not in LEVELS:
        raise ConfigError(f"A credit method's level is turn or trajectory. Received {level!r}.")


def credit_names() -> tuple[str, ...]:
    """All methods, sorted."""
    return tuple(sorted(_methods))


def find_credit(name: str) -> CreditMethod:
    """The method of that name; raises `UnknownNameError` with the near misses."""
    try:
        return _methods[name]
    except KeyError:
        raise unknown_name("credit method", name, _methods) from None
