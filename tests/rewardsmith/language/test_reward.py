"""The level of the reward: weights, signs, schedules, and what is a term."""

from __future__ import annotations

from typing import Any

import pytest

from rewardsmith.errors import LanguageError
from rewardsmith.language import as_sum, parse_argument, parse_expression, parse_reward
from rewardsmith.language.nodes import Call, Const, Expr, Name, Schedule, Sum, Term, Weighted

A, B = Name("a"), Name("b")
ENV, POTENTIAL = Term("env"), Term("potential", (A,))


def value(text: str) -> Term:
    return Term("value", (parse_expression(text),))


CASES: dict[str, list[tuple[float, Term]]] = {
    "env": [(1, ENV)],
    "env()": [(1, ENV)],
    "env - potential(a)": [(1, ENV), (-1, POTENTIAL)],
    "-env": [(-1, ENV)],
    "--env": [(1, ENV)],
    "2*0.5*env*3/4": [(0.75, ENV)],
    "env*(1 + 1)": [(2, ENV)],
    "0.5*(env + 2*potential(a) - a)": [(0.5, ENV), (1, POTENTIAL), (-0.5, value("a"))],
    "-(env - (potential(a) - b))": [(-1, ENV), (1, POTENTIAL), (-1, value("b"))],
    "(env + a)/2": [(0.5, ENV), (0.5, value("a"))],
    "0*env": [(0, ENV)],
    "a + b": [(1, value("a")), (1, value("b"))],
    "0.01*a": [(0.01, value("a"))],
    "-a*b": [(-1, value("a*b"))],
    "2*a/b": [(2, value("a/b"))],
    "2/a": [(1, value("2/a"))],
    "a*2": [(1, value("a*2"))],
    "2*(3*a)": [(6, value("a"))],
    "2*a // b": [(1, value("2*a // b"))],
    "0.5*(a + b)": [(0.5, value("a + b"))],
    "env - 0.001": [(1, ENV), (1, value("-0.001"))],
    "2*3": [(1, value("6"))],
    "value(2*a)": [(1, value("2*a"))],
    "2*value(3)": [(1, value("6"))],
    "0.1*tolerance(a)": [(0.1, Term("tolerance", (A,)))],
    "-tolerance(a, (0, 1))/2": [(-0.5, Term("tolerance", (A,), (("bounds", (0, 1)),)))],
    "b*tolerance(a)": [(1, value("b*tolerance(a)"))],
    "1 - tolerance(a)": [(1, value("1")), (-1, Term("tolerance", (A,)))],
    "abs(tolerance(a))": [(1, value("abs(tolerance(a))"))],
    "clip(a, 0, 1)": [(1, value("clip(a, 0, 1)"))],
    "tanh(a)": [(1, value("tanh(a)"))],
    "tanh(tolerance(a))": [(1, value("tanh(tolerance(a))"))],
    "tanh(env)": [(1, Term("tanh", (Sum((Weighted(ENV),)),)))],
    "clip(2*env, 0, 1)": [
        (1, Term("clip", (Sum((Weighted(ENV, 2.0),)), Const(0.0), Const(1.0)))),
    ],
    "tolerance(a, name='n')": [(1, Term("tolerance", (A,), (), "n"))],
    "2*value(3, name='n')": [(2, Term("value", (Const(3.0),), (), "n"))],
    "potential(a, frame_skip=4, name='n')": [
        (1, Term("potential", (A,), (("frame_skip", 4),), "n")),
    ],
    "a > b": [(1, value("a > b"))],
}


@pytest.mark.parametrize("text", CASES)
def test_weights_and_terms(text: str, terms: tuple[str, ...]) -> None:
    found = parse_reward(text, terms)
    assert [(w.weight, w.term) for w in found.items] == CASES[text]
    assert all(w.schedule is None for w in found.items)


LINEAR = Schedule("linear", (1, 0), (("steps", 100),))


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("linear(1, 0, steps=100)*env", [Weighted(ENV, 1.0, LINEAR)]),
        ("-0.5*env*linear(1, 0, steps=100)", [Weighted(ENV, -0.5, LINEAR)]),
        (
            "-linear(1, 0, steps=100)*(env + a)",
            [Weighted(ENV, -1.0, LINEAR), Weighted(value("a"), -1.0, LINEAR)],
        ),
        ("linear(1, 0, steps=100)*a*b", [Weighted(value("a*b"), 1.0, LINEAR)]),
        ("linear(1, 0, steps=100)*(a + b)", [Weighted(value("a + b"), 1.0, LINEAR)]),
        ("linear(1, 0, steps=100)*0.5", [Weighted(value("0.5"), 1.0, LINEAR)]),
        (
            "2*linear(1, 0, steps=100)*tolerance(a)",
            [Weighted(Term("tolerance", (A,)), 2.0, LINEAR)],
        ),
        ("anneal(1e3)*env", [Weighted(ENV, 1.0, Schedule("anneal", (1000.0,)))]),
    ],
)
def test_schedules_multiply_terms(text: str, items: list[Weighted], terms: Any) -> None:
    assert parse_reward(text, terms).items == tuple(items)


@pytest.mark.parametrize(
    ("text", "rule", "place"),
    [
        ("a*env", "when(condition, term)", (0, 1)),
        ("env*(a > b)", "when(condition, term)", (5, 5)),
        ("env/a", "when(condition, term)", (4, 1)),
        ("env*potential(a)", "times(progress, infraction)", (4, 12)),
        ("2/env", "Nothing can be divided by a term", (2, 3)),
        ("env/0", "divided by zero", (4, 1)),
        ("env/anneal(9)", "divided by a schedule", (4, 9)),
        ("env**2", "multiplied by numbers and schedules only", (0, 6)),
        ("env > 0", "`env` is a term", (0, 3)),
        ("not env", "multiplied by numbers and schedules only", (0, 7)),
        ("anneal(9)*anneal(8)*env", "at most one schedule", (10, 9)),
        ("anneal(9)*(env + anneal(5)*a)", "at most one schedule", (0, 29)),
        ("linear(a, 0)*env", "known in advance", (7, 1)),
        ("1e200*1e200*env", "must be a finite number", (0, 15)),
        ("1e200*(1e200*env)", "must be a finite number", (0, 17)),
        ("env(name=3)", "name of a term is text", (0, 11)),
        ("env + value(a, name='env')", "belongs to the environment's own reward", (6, 20)),
        ("env + value(a, name='')", "The name of a term is a word", (6, 17)),
        ("env + value(a, name=' ')", "The name of a term is a word", (6, 18)),
        ("tiers(())", "A pair holds", (6, 2)),
        ("tolerance(a, b, name='x')", "known in advance", (13, 1)),
        ("tolerance(a, frame_skip=2, name='x')", "no option 'frame_skip'", (0, 36)),
        ("potental(a)", "Did you mean 'potential'?", (0, 8)),
        ("env + lineer(1, 0)*env", "Did you mean 'linear'?", (6, 6)),
    ],
)
def test_errors_show_the_place(
    text: str, rule: str, place: tuple[int, int], terms: tuple[str, ...]
) -> None:
    with pytest.raises(LanguageError) as caught:
        parse_reward(text, terms)
    assert rule in str(caught.value)
    assert (caught.value.column, caught.value.width) == place


@pytest.mark.parametrize(
    ("text", "kind"),
    [("a", Expr), ("tolerance(a)", Expr), ("2*a + 1", Expr), ("env", Sum), ("value(a)", Sum)],
)
def test_arguments_are_expressions_unless_they_hold_a_term(
    text: str, kind: type, terms: tuple[str, ...]
) -> None:
    assert isinstance(parse_argument(text, terms), kind)
    assert isinstance(parse_reward(f"when(b, {text})", terms).items[0].term.args[1], kind)


def test_pairs_are_tuples(terms: tuple[str, ...]) -> None:
    term = parse_reward("tiers((a > 0, env), (b, a))", terms).items[0].term
    (first, then), (second, expression) = term.args
    assert first == parse_expression("a > 0")
    assert then == Sum((Weighted(ENV),))
    assert (second, expression) == (B, A)


def test_an_expression_can_be_read_as_a_reward() -> None:
    tree = Call("tolerance", (A,))
    assert as_sum(tree) == Sum((Weighted(Term("value", (tree,))),))
    assert as_sum(as_sum(tree)) == as_sum(tree)
