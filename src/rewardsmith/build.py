"""From a tree of nodes to running terms, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rewardsmith.errors import BindingError, ConfigError, near_misses
from rewardsmith.language import labels, parse_expression
from rewardsmith.language.inference import Givens, Interval
from rewardsmith.language.inference.interval import loose, made, multiply
from rewardsmith.language.nodes import Expr, Sum, Term, Weighted
from rewardsmith.registry import find_term
from rewardsmith.schedules import Compiled, compile_schedule
from rewardsmith.term import Learner, RewardTerm, Scope


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
    given = [item.term.name for item in tree.items if item.term.name]
    if doubled := {n for n in given if given.count(n) > 1}:
        raise ConfigError(f"Terms of one reward need different names. Received twice: {doubled}.")
    return labels(tree)


def build_term(node: Term) -> RewardTerm:
    """Build one term; sums among its arguments become a `SumTerm` child."""
    cls = find_term(node.term)
    args = [_argument(a) for a in node.args]
    try:
        return cls(*args, **dict(node.options))
    except TypeError as error:
        raise ConfigError(_wrong_call(cls, node, error)) from None


def _argument(value: Any) -> Any:
    if isinstance(value, Sum):
        return SumTerm(value)
    if isinstance(value, tuple):
        return tuple(_argument(v) for v in value)
    return value


def _wrong_call(cls: type[RewardTerm], node: Term, error: TypeError) -> str:
    import inspect

    parameters = list(inspect.signature(cls.__init__).parameters)[1:]
    wrong = [k for k, _ in node.options if k not in parameters]
    hint = near_misses(wrong[0], parameters) if wrong else ""
    return (
        f"Term {node.term!r} takes ({', '.join(parameters)}). Received a call that does not fit: "
        f"{error}.{hint}"
    )


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
