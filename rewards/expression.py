"""What terms share that read an expression over features."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rewardsmith import checks, language
from rewardsmith.build import term_node
from rewardsmith.errors import ConfigError
from rewardsmith.language.constants import constant_value
from rewardsmith.language.inference import Givens, Interval, infer_expression
from rewardsmith.language.nodes import Const, Expr
from rewardsmith.sums import SumTerm
from rewardsmith.term import Binding, RewardTerm
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
        f"An expression over features is needed here. Received {_shown(value)}; terms such as env "
        "cannot stand inside an expression (the env's own reward is called 'reward' there)."
    )


def state_expression(value: Any, what: str) -> Expr:
    """An expression over one state: neither `next`, `action` nor `reward` stands in it.

    Raises:
        ConfigError: a term was given.
        LanguageError: something else than one state is read.
    """
    if not isinstance(value, Expr | str | int | float):
        raise ConfigError(
            f"{what} takes an expression over the features of one state. Received "
            f"{_shown(value)}; write it of features, as in potential(has_key)."
        )
    tree = as_expression(value)
    language.check_state_only(tree, what, source=value if isinstance(value, str) else "")
    return tree


def _shown(value: Any) -> str:
    """A term as its formula."""
    if isinstance(value, SumTerm):
        return f"the term `{language.format_reward(value.tree)}`"
    if isinstance(value, RewardTerm):
        return f"the term `{language.format_term(term_node(value))}`"
    return repr(value)


def as_number(value: Any, what: str) -> float:
    """A plain finite number from a number or a constant expression such as `-1` or `2*3`."""
    if isinstance(value, Expr):
        found = constant_value(value)
        if found is not None:
            return found
        text = language.format_expression(value)
        raise ConfigError(
            f"{what} is a number, known before anything runs. Received the expression `{text}`; "
            "times(T, E) multiplies a term by an expression."
        )
    return checks.number(what, value)


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
