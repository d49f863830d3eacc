"""Texts -> trees: expressions, rewards, and arguments of terms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rewardsmith.language.convert import Converter
from rewardsmith.language.nodes import Expr, Sum, Term, Weighted
from rewardsmith.language.reward import RewardParser
from rewardsmith.language.source import Source

_ALWAYS = frozenset({"env", "value"})


def known_terms(terms: Iterable[str] | None) -> frozenset[str]:
    """The given names, or those of the registry, with `env` and `value`."""
    if terms is None:
        from rewardsmith.registry import term_names

        terms = term_names()
    return frozenset(terms) | _ALWAYS


@contextmanager
def _shallow(source: Source) -> Iterator[None]:
    """A caller may have used up most of the stack; that is an error of ours too."""
    try:
        yield
    except RecursionError:
        source.fail("This formula nests too deep for the stack that is left. Split it up.")


def parse_expression(text: str, source_name: str = "") -> Expr:
    """Parse an expression over one transition.

    Args:
        text: such as `0.5*has_key + norm(next(position) - goal)`.
        source_name: put before every error message.

    Raises:
        LanguageError: with line, column and a caret at the place.

    >>> parse_expression("2*x").op
    '*'
    """
    source = Source(text, source_name)
    with _shallow(source):
        return Converter(source, _ALWAYS).expression(source.parse())


def parse_reward(text: str, terms: Iterable[str] | None = None, source_name: str = "") -> Sum:
    """Parse a reward: terms, weighted and added.

    Args:
        text: such as `env + 0.5*potential(has_key)`.
        terms: names that are terms; those of `rewardsmith.registry` if None.
        source_name: put before every error message.

    Raises:
        LanguageError: with line, column and a caret at the place.

    >>> [w.weight for w in parse_reward("env - 0.5*progress(x)", terms=["progress"]).items]
    [1.0, -0.5]
    """
    source = Source(text, source_name)
    with _shallow(source):
        tree = source.parse(sum_at_top=True)
        return RewardParser(source, known_terms(terms)).reward(tree)


def parse_argument(text: str, terms: Iterable[str] | None = None, source_name: str = "") -> Any:
    """Parse what may stand as an argument of a term: an expression, a reward or a pair."""
    source = Source(text, source_name)
    with _shallow(source):
        return RewardParser(source, known_terms(terms)).argument(source.parse(sum_at_top=True))


def as_sum(argument: Expr | Sum) -> Sum:
    """An argument of a term read as a reward: an expression is one `value` term."""
    if isinstance(argument, Sum):
        return argument
    term = Term("value", (argument,), span=argument.span)
    return Sum((Weighted(term, span=argument.span),), span=argument.span)
