"""What terms share that read an expression over features."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rewardsmith import language
from rewardsmith.errors import ConfigError
from rewardsmith.language.inference import Givens, Interval, infer_expression
from rewardsmith.language.nodes import Const, Expr
from rewardsmith.term import Binding
from rewardsmith.transition import Floats, Transition

Closure = Callable[[Transition], Floats]


def as_expression(value: Any) -> Expr:
    """An expression from a node, a text or a number."""
    if isinstance(value, Expr):
        return value
    if isinstance(value, str):
        return language.parse_expression(value)
    if isinstance(value, int | float):
        return Const(float(value))
    raise ConfigError(
        f"An expression over features is needed here. Received {value!r}; terms such as env "
        "cannot stand inside an expression (the env's own reward is called 'reward' there)."
    )


def as_number(value: Any, what: str) -> float:
    """A plain number from a number or a constant expression such as `-1` or `2*3`."""
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, Expr) and not language.names(value):
        import numpy as np

        blank = Transition(None, None, None, np.zeros(1), np.zeros(1, bool), np.zeros(1, bool))
        return float(language.compile_expression(value)(blank)[0])
    raise ConfigError(f"{what} must be a number. Received {value!r}.")


def features_of(*expressions: Expr) -> frozenset[str]:
    """Names of the features that the expressions read."""
    return frozenset().union(*(language.names(e) for e in expressions))


def compiled(expression: Expr, binding: Binding, *, at: str = "now") -> Closure:
    """Check an expression against the place's features and compile it.

    Raises:
        LanguageError, UnknownNameError: an unknown feature, a vector where one number per row
            is needed.
    """
    language.validate_expression(expression, binding.schema)
    return language.compile_expression(expression, at=at, schema=binding.schema)


def inferred(
    expression: Expr, givens: Givens, *, at: str = "now", state_only: bool = False
) -> Interval:
    """Where an expression's value lies; what can go wrong in it is reported."""
    return infer_expression(expression, givens, at=at, state_only=state_only).interval


def potential_closures(expression: Expr, binding: Binding) -> tuple[Closure, Closure]:
    """Phi(s) and Phi(s') of an expression over one state; nothing else may stand in it."""
    language.validate_expression(expression, binding.schema, state_only=True)
    now = language.compile_expression(expression, at="now", schema=binding.schema)
    return now, language.compile_expression(expression, at="next", schema=binding.schema)
