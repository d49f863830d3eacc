"""How a formula calls a term, for tables and errors."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from rewardsmith.term import RewardTerm


def usage_of(cls: type[RewardTerm]) -> str:
    """The call as a user writes it, options with their defaults.

    E is an expression, C a condition, T a term; the rest are numbers. A term that does not
    say its `usage` is described by its constructor.
    """
    if "usage" in vars(cls):
        return cls.usage
    return f"{cls.term_name}({', '.join(map(_written, parameters_of(cls).values()))})"


def parameters_of(cls: type[RewardTerm]) -> Mapping[str, inspect.Parameter]:
    """What the constructor takes, `self` left out; nothing if it has none of its own."""
    if cls.__init__ is object.__init__:
        return {}
    found = {p.name: p for p in list(inspect.signature(cls.__init__).parameters.values())[1:]}
    passed_on = [n for n, p in found.items() if p.kind is inspect.Parameter.VAR_KEYWORD]
    base = next((b for b in cls.__mro__[1:] if "__init__" in vars(b)), object)
    if not passed_on or not issubclass(base, RewardTerm) or base is RewardTerm:
        return found
    # **options go to the base class, whose signature says what they may be.
    own = {n: p for n, p in found.items() if n not in passed_on}
    return {**own, **{n: p for n, p in parameters_of(base).items() if n not in own}}


def check_call(
    cls: type[RewardTerm], args: tuple[object, ...], options: Mapping[str, object]
) -> None:
    """Raise `TypeError`, as a call would, unless the arguments fit the constructor."""
    inspect.Signature(list(parameters_of(cls).values())).bind(*args, **options)


def _written(parameter: inspect.Parameter) -> str:
    if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
        return f"{parameter.name}, ..."
    if parameter.kind is inspect.Parameter.VAR_KEYWORD:
        return f"{parameter.name}=..."
    if parameter.default is inspect.Parameter.empty:
        return parameter.name
    return f"{parameter.name}={parameter.default!r}"
