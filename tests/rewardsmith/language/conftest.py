"""Strategies for trees that the parser can give, and a small transition."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from rewardsmith.errors import LanguageError
from rewardsmith.language.constants import constant_value
from rewardsmith.language.nodes import (
    Binary,
    Call,
    Compare,
    Const,
    Expr,
    Index,
    Logic,
    Name,
    Next,
    Schedule,
    Sum,
    Term,
    Unary,
    Weighted,
)
from rewardsmith.transition import Transition

TERMS = (
    *("env", "value", "potential", "tolerance", "progress", "step_cost", "scale", "clip"),
    *("tanh", "normalize", "when", "outcome", "tiers", "times"),
)
_numbers = st.floats(allow_nan=False, allow_infinity=False).map(lambda x: x + 0.0)
_some = st.sampled_from([0.0, 1.0, -1.0, 0.5, -0.001, 2.0, 1e5, 1e-7])
_bounds = st.sampled_from([(), (("bounds", (0, 1)),), (("margin", 0.5), ("sigmoid", "linear"))])


def _sound(tree: Expr) -> bool:
    try:
        constant_value(tree)
    except LanguageError:  # a constant part overflows, which the parser refuses
        return False
    return True


def _reads(tree: Expr) -> bool:
    return _sound(tree) and constant_value(tree) is None


@cache
def _compounds(depth: int) -> st.SearchStrategy[Expr]:
    inner = _expression(depth)
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    binary = st.sampled_from(["+", "-", "*", "/", "//", "%", "**"])
    order = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
    unary = st.sampled_from(["abs", "norm", "sum", "min", "max", "all", "sqrt"])
    index = st.lists(st.integers(-5, 5), min_size=1, max_size=2).map(tuple)
    compounds = (
        st.builds(Unary, st.just("-"), inner.filter(lambda e: not isinstance(e, Const)))
        | st.builds(Unary, st.just("not"), inner)
        | st.builds(Binary, binary, inner, inner)
        | st.builds(Compare, st.tuples(order), st.tuples(inner, inner))
        | st.builds(Compare, st.tuples(order, order), st.tuples(inner, inner, inner))
        | st.builds(Logic, st.sampled_from(["and", "or"]), several)
        | st.builds(Next, inner.filter(_reads))
        | st.builds(Index, inner.filter(_reads), index)
        | st.builds(Call, unary, st.tuples(inner))
        | st.builds(Call, st.sampled_from(["min", "max"]), several)
        | st.builds(Call, st.sampled_from(["where", "clip"]), st.tuples(inner, inner, inner))
        | st.builds(Call, st.just("tolerance"), st.tuples(inner), _bounds)
    )
    return compounds.filter(_sound)


_leaves = st.builds(Const, _numbers | _some) | st.builds(
    Name, st.sampled_from(["a", "has_key", "obs", "action", "reward", "t", "env_x"])
)


@st.composite
def _expression(draw: st.DrawFn, depth: int) -> Expr:
    # Not st.recursive, whose repr grows with every level until Hypothesis warns of it.
    return draw(_leaves if depth == 0 or draw(st.booleans()) else _compounds(depth - 1))


_expressions = _expression(3)

_names = st.none() | st.sampled_from(
    ["key", "potential", "potential_2", "yes", "1e5", "a: b", "-", 'q"u', "'", "#", "é", "a b"]
)
_schedules = st.none() | st.sampled_from(
    [
        Schedule("linear", (1, 0), (("steps", 100),)),
        Schedule("anneal", (1000.0,)),
        Schedule("steps", (1, 0.5), (("at", (10,)),)),
    ]
)
_options = st.sampled_from(
    [
        (),
        (("frame_skip", 2),),
        (("weight", 3), ("scale", -0.5)),  # clash with keys of the YAML spelling
        (("mode", "it's"), ("off", True), ("low", float("-inf")), ("none", None)),
        (("nested", ((1, 2.5), ("a",))), ("empty", ())),
    ]
)


def _weighted(term: Term, weight: float, schedule: Schedule | None) -> Weighted:
    number = term.term == "value" and isinstance(term.args[0], Const) and term.name is None
    return Weighted(term, 1.0 if number else weight, schedule)


def _bare_tolerance(item: Weighted) -> bool:
    term = item.term
    return term.term == "tolerance" and term.name is None and item.schedule is None


def _items(terms: st.SearchStrategy[Term]) -> st.SearchStrategy[Sum]:
    items = st.builds(_weighted, terms, _some | _numbers, _schedules)
    return st.lists(items, min_size=1, max_size=3).map(lambda found: Sum(tuple(found)))


@cache
def _nested(depth: int) -> st.SearchStrategy[Term]:
    terms = _term(depth)
    # As an argument, a sum of bare tolerances is an expression.
    sums = _items(terms).filter(lambda s: not all(map(_bare_tolerance, s.items)))
    either = sums | _expressions
    pairs = st.lists(st.tuples(_expressions, either), min_size=1, max_size=2).map(tuple)
    number = st.builds(Const, _some)
    return (
        st.builds(Term, st.just("when"), st.tuples(_expressions, either), _options, _names)
        | st.builds(Term, st.just("tiers"), pairs)
        | st.builds(Term, st.just("clip"), st.tuples(sums, number, number), _options, _names)
        | st.builds(Term, st.just("normalize"), st.tuples(sums), _options)
    )


_simple = (
    st.just(Term("env"))
    | st.builds(Term, st.just("value"), st.tuples(_expressions), st.just(()), _names)
    | st.builds(Term, st.just("potential"), st.tuples(_expressions), _options, _names)
    | st.builds(Term, st.just("tolerance"), st.tuples(_expressions), _bounds, _names)
    | st.builds(Term, st.just("step_cost"), st.just(()), _options)
)


@st.composite
def _term(draw: st.DrawFn, depth: int) -> Term:
    return draw(_simple if depth == 0 or draw(st.booleans()) else _nested(depth - 1))


@pytest.fixture(scope="session")
def terms() -> tuple[str, ...]:
    return TERMS


@pytest.fixture(scope="session")
def expressions() -> st.SearchStrategy[Expr]:
    return _expressions


@pytest.fixture(scope="session")
def rewards() -> st.SearchStrategy[Sum]:
    return _items(_term(2))


@pytest.fixture
def transition() -> Transition:
    """Three rows with scalar, boolean, integer and vector features."""
    now: dict[str, Any] = {
        "x": np.array([1.0, -2.0, 0.0]),
        "key": np.array([True, False, True]),
        "count": np.array([1, 2, 3]),
        "p": np.array([[3.0, 4.0], [0.0, 0.0], [-6.0, 8.0]]),
    }
    after: dict[str, Any] = {
        "x": np.array([2.0, -1.0, 5.0]),
        "key": np.array([True, True, False]),
        "count": np.array([2, 3, 4]),
        "p": np.array([[0.0, 4.0], [1.0, 1.0], [-6.0, 0.0]]),
    }
    return Transition(
        obs=np.array([[0, 10, 20], [1, 11, 21], [2, 12, 22]], dtype=np.uint8),
        action=np.array([0, 1, 2]),
        next_obs=np.array([[5, 15, 25], [6, 16, 26], [7, 17, 27]], dtype=np.uint8),
        env_reward=np.array([0.0, 0.5, 1.0]),
        terminated=np.zeros(3, bool),
        truncated=np.zeros(3, bool),
        features=now,
        next_features=after,
        t=np.array([0, 4, 9]),
    )
