"""From a tree of nodes to running terms, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rewardsmith.errors import BindingError, ConfigError, RewardsmithError, near_misses
from rewardsmith.language import format_term, labels, parse_expression
from rewardsmith.language.inference import Givens, Interval
from rewardsmith.language.inference.interval import loose, made, multiply
from rewardsmith.language.labels import label_problem
from rewardsmith.language.nodes import Const, Expr, Sum, Term, Weighted
from rewardsmith.registry import find_term
from rewardsmith.schedules import Compiled, compile_schedule
from rewardsmith.term import Learner, RewardTerm, Scope
from rewardsmith.usage import check_call, parameters_of, usage_of


@dataclass(slots=True)
class Entry:
    """One weighted, named term of a sum."""

    name: str
    term: RewardTerm
    weight: float
    schedule: Compiled | None

    def weight_at(self, clock: int) -> float:
        """The weight at this many env steps."""
        return self.weight if self.schedule is None else self.weight * self.schedule.value(clock)

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """Where its weighted pay lies; None if its term cannot say."""
        paid = self.term.bounds(givens, learner)
        if paid is None:
            return None
        low, high = (1.0, 1.0) if self.schedule is None else self.schedule.range
        weights = multiply(made(*loose(low, high)), made(self.weight, self.weight))
        return multiply(paid, made(self.weight, self.weight) if low == high == 1 else weights)

    @property
    def deferred(self) -> bool:
        """Whether it pays only when its episode is finished."""
        return self.term.scope is not Scope.STEP


def build_entries(tree: Sum, made: list[RewardTerm] | None = None) -> tuple[Entry, ...]:
    """Build the terms of a sum; `made` holds terms that exist already, in order."""
    if not tree.items:
        raise ConfigError("A reward needs at least one term. Received an empty one; use 'env'.")
    names = unique_names(tree)
    terms = made or [build_term(item.term) for item in tree.items]
    return tuple(
        Entry(n, t, w.weight, compile_schedule(w.schedule) if w.schedule else None)
        for n, t, w in zip(names, terms, tree.items, strict=True)
    )


def unique_names(tree: Sum) -> tuple[str, ...]:
    """Names of a sum's terms: the given one, or a derived one with _2, _3 ... if taken."""
    given = [item.term.name for item in tree.items if item.term.name is not None]
    for item in tree.items:
        if problem := label_problem(item.term):
            raise ConfigError(problem)
    if doubled := {n for n in given if given.count(n) > 1}:
        raise ConfigError(f"Terms of one reward need different names. Received twice: {doubled}.")
    return labels(tree)


def build_term(node: Term) -> RewardTerm:
    """Build one term; sums among its arguments become a `SumTerm` child."""
    cls = find_term(node.term)
    args = tuple(_argument(a) for a in node.args)
    try:
        check_call(cls, args, dict(node.options))
    except TypeError as error:
        raise ConfigError(_wrong_call(cls, node, error)) from None
    try:
        return cls(*args, **dict(node.options))
    except RewardsmithError:
        raise
    except (TypeError, ValueError, ArithmeticError) as error:
        raise ConfigError(
            f"Term {node.term!r}, called as {usage_of(cls)}, could not be built of "
            f"{format_term(node)}: {error}."
        ) from error


def _argument(value: Any) -> Any:
    if isinstance(value, Sum):
        return SumTerm(value)
    if isinstance(value, tuple):
        return tuple(_argument(v) for v in value)
    return value


def _wrong_call(cls: type[RewardTerm], node: Term, error: TypeError) -> str:
    parameters = parameters_of(cls)
    wrong = [k for k, _ in node.options if k not in parameters]
    hint = near_misses(wrong[0], [*parameters, *_IN_FRONT]) if wrong else ""
    in_front = any(f"{word!r}" in hint for word in _IN_FRONT)
    hint = "" if wrong and wrong[0] in _IN_FRONT else hint
    if in_front or (not wrong and node.args and isinstance(node.args[-1], Const)):
        hint += (
            " Options are written by name; a weight or a schedule stands in front, as in "
            f"0.5*{node.term}(...), and is a key of its own in YAML."
        )
    return (
        f"Term {node.term!r} is called as {usage_of(cls)}. Received a call that does not fit: "
        f"{format_term(node)} ({error}).{hint}"
    )


#: what belongs to a term's place in the sum, and not to the term
_IN_FRONT = ("weight", "schedule")


# --- Python objects to a tree -----------------------------------------------------------


def to_tree(terms: Mapping[str, RewardTerm]) -> Sum:
    """The tree of terms that were built in Python."""
    return Sum(tuple(Weighted(term_node(t, n)) for n, t in terms.items()))


def term_node(term: RewardTerm, name: str | None = None) -> Term:
    """The node whose building gives this term."""
    if not term.term_name:
        raise ConfigError(
            f"{type(term).__name__} has no name. Decorate the class with "
            "@rewardsmith.register_term('its_name')."
        )
    args = tuple(_node_of(a) for a in term._args)
    options = tuple(sorted(term._options.items()))
    return Term(term.term_name, args, options, name if name != term.term_name else None)


def _node_of(value: Any) -> Any:
    if isinstance(value, SumTerm):
        return value.tree
    if isinstance(value, RewardTerm):
        return Sum((Weighted(term_node(value)),))
    if isinstance(value, tuple):
        return tuple(_node_of(v) for v in value)
    return value if isinstance(value, Expr | Sum) else parse_expression(str(value))


def as_term(value: Any) -> RewardTerm:
    """A child term from a term, a sum, an expression or a formula's text."""
    if isinstance(value, RewardTerm):
        return value
    if isinstance(value, Sum):
        return SumTerm(value)
    if isinstance(value, Expr | str | float | int):
        return find_term("value")(value)
    raise BindingError(f"A term or an expression is needed here. Received {value!r}.")


# Below its users because it is one of them: a sum is a term made of entries.
from rewardsmith.sums import SumTerm  # noqa: E402
