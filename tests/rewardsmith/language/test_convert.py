from __future__ import annotations

import math

import pytest

from rewardsmith.errors import LanguageError, UnknownNameError
from rewardsmith.language import parse_expression, parse_reward
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
    Unary,
)

A, B, C = Name("a"), Name("b"), Name("c")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a + b*c", Binary("+", A, Binary("*", B, C))),
        ("a - b - c", Binary("-", Binary("-", A, B), C)),
        ("-a**b", Unary("-", Binary("**", A, B))),
        ("-2", Const(-2.0)),
        ("-0", Const(0.0)),
        ("True", Const(1.0)),
        ("False", Const(0.0)),
        ("a < b <= c", Compare(("<", "<="), (A, B, C))),
        ("a or b or c", Logic("or", (A, B, C))),
        ("not a == b", Unary("not", Compare(("==",), (A, B)))),
        ("obs[-1]", Index(Name("obs"), (-1,))),
        ("a[1, 2]", Index(A, (1, 2))),
        ("next(a)", Next(A)),
        ("max(a, b, c)", Call("max", (A, B, C))),
        ("tolerance(a)", Call("tolerance", (A,))),
        (
            "tolerance(a, (0, inf), 2.5, sigmoid='linear')",
            Call(
                "tolerance",
                (A,),
                (("bounds", (0, math.inf)), ("margin", 2.5), ("sigmoid", "linear")),
            ),
        ),
    ],
)
def test_trees_of_expressions(text: str, tree: Expr) -> None:
    assert parse_expression(text) == tree


def test_minus_zero_is_zero() -> None:
    tree = parse_expression("-0.0")
    assert isinstance(tree, Const)
    assert math.copysign(1, tree.value) == 1


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a if b else c", "Write where(condition, a, b)"),
        ("np.exp(a)", "Write exp(x), not np.exp(x)"),
        ("np.maximum(a, b)", "Write max(x), not np.maximum(x)"),
        ("np.hypot(a, b)", "Functions are called by their names alone"),
        ("obs.mean()", "Write mean(x), not x.mean()"),
        ("env.__class__", "Features and terms have no attributes"),
        ("a..b", "a dot stands only inside a number, as in 0.5"),
        ("a + b..", "a dot stands only inside a number, as in 0.5"),
        ("a & b", "Write `and`"),
        ("a | b", "Write `or`"),
        ("~a", "Write `not`"),
        ("!a", "Write `not`, or != for unequal"),
        ("a = b", "equality is written =="),
        ("a is b", "Comparisons are"),
        ("a in b", "Comparisons are"),
        ("a[0:2]", "no slices"),
        ("a['x']", "whole number"),
        ("a[b]", "whole number"),
        ("a[1.0]", "whole number"),
        ("a[True]", "whole number"),
        ("2[0]", "cannot be indexed"),
        ("next(3)", "changes with the state"),
        ("next(a, b)", "next takes one expression"),
        ("'text'", "only in an option"),
        ("1j", "A number is expected"),
        ("None", "A number is expected"),
        ("...", "A number is expected"),
        ("b'x'", "A number is expected"),
        ("inf", "only in an option"),
        ("env", "The environment's reward is written `reward`"),
        ("norm", "Write norm(x)"),
        ("abs(a, b)", "abs is called as abs(x). Received 2 arguments"),
        ("where(a, b)", "where(condition, a, b)"),
        ("clip(a, 0)", "clip(x, low, high)"),
        ("min()", "min(a, b, ...)"),
        ("abs(x=a)", "known in advance"),
        ("abs(a, x=1)", "no option 'x'"),
        ("tolerance(a, margn=1)", "Did you mean 'margin'?"),
        ("tolerance(a, margin=b)", "known in advance"),
        ("tolerance(a, (0, 1), bounds=(0, 1))", "given twice"),
        ("tolerance(a, bounds=(2, 1))", "low <= high"),
        ("tolerance(a, sigmoid='gauss')", "sigmoid is one of"),
        ("tolerance(a, margin=-'x')", "Only a number can be negative"),
        ("tolerance(a, bounds=(0, nan))", "`nan` is no number"),
        ("tolerance()", "tolerance is called as"),
        ("f(a)(b)", "Only named functions"),
        ("min(*a)", "unpacked"),
        ("min(**a)", "unpacked"),
        ("(a, b)", "A tuple may stand only"),
        ("[a]", "A list may not stand"),
        ("0**-1", "not a finite number"),
        ("log(-1) + a", "not a finite number"),
    ],
)
def test_what_is_not_in_the_language_says_what_to_write(text: str, rule: str) -> None:
    with pytest.raises(LanguageError) as caught:
        parse_expression(text)
    assert rule in str(caught.value)


@pytest.mark.parametrize(
    ("text", "near"), [("nrom(a)", "'norm'"), ("tolerence(a)", "'tolerance'"), ("nxt(a)", "'next'")]
)
def test_an_unknown_function_names_its_near_misses(text: str, near: str) -> None:
    with pytest.raises(UnknownNameError, match=f"Did you mean {near}"):
        parse_expression(text)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("abs(potential(a))", "`potential` is a term"),
        ("a*abs(linear(1, 0, steps=5))", "`linear` is a schedule"),
        ("where(a, env, 0)", "`env` is a term"),
    ],
)
def test_terms_and_schedules_cannot_stand_inside_expressions(text: str, rule: str) -> None:
    with pytest.raises(LanguageError, match=rule):
        parse_reward(text, ["potential"])


def test_options_are_literals() -> None:
    text = 'when(a, env, n=-1, x=2*3, y=-inf, flag=True, none=None, pair=(1, ("a",)), s=["b"])'
    options = dict(parse_reward(text, ["when"]).items[0].term.options)
    assert options == {
        **{"n": -1, "x": 6.0, "y": -math.inf, "flag": True, "none": None},
        **{"pair": (1, ("a",)), "s": ("b",)},
    }
    assert type(options["n"]) is int
