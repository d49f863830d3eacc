"""Where the caret stands, and the limits."""

from __future__ import annotations

import pytest

from rewardsmith.errors import LanguageError
from rewardsmith.language import parse_expression, parse_reward


@pytest.mark.parametrize(
    ("text", "caret"),
    [
        ("a + foo(b)", (1, 4, 3)),
        ("   a + foo(b)", (1, 7, 3)),
        ("a +\n  foo(b)", (2, 2, 3)),
        ("# what it pays\na  # the key\n+ foo(b)\n", (3, 2, 3)),
        ("\r\na\r\n+ foo(b)", (3, 2, 3)),
        ("é + foo(b)", (1, 4, 3)),
        ("'#' + foo(b)", (1, 0, 3)),
        ("a +", (1, 2, 1)),
        ("a + \n", (1, 2, 1)),
        ("(a + b", (1, 0, 1)),
        ("a\n+ sum(b", (2, 5, 1)),
        ("a)", (1, 1, 1)),
        ("a b", (1, 2, 1)),
        ("a + 'text", (1, 4, 1)),
        ("a ^ b", (1, 2, 1)),
        ("a\n + !b", (2, 3, 1)),
        ("a.b", (1, 0, 3)),
        ("a\0b", (1, 1, 1)),
        ("1 + (2 if a else 3)", (1, 5, 13)),
        ("where(a,\n b.c, 1)", (2, 1, 3)),
        ("x + 1e999", (1, 4, 5)),
        ("x*(1/0)", (1, 3, 3)),
    ],
)
def test_the_caret_stands_at_the_place(text: str, caret: tuple[int, int, int]) -> None:
    with pytest.raises(LanguageError) as caught:
        parse_expression(text)
    assert (caught.value.line, caught.value.column, caught.value.width) == caret


def test_the_message_shows_the_line_and_its_origin() -> None:
    with pytest.raises(LanguageError) as caught:
        parse_reward("env +\n  potental(key)", ["potential"], "door_key.yaml")
    assert str(caught.value) == (
        "In door_key.yaml: Unknown function 'potental'. Did you mean 'potential'?\n"
        "  at line 2, column 3\n"
        "      potental(key)\n"
        "      ^^^^^^^^"
    )


def test_a_formula_may_run_over_lines_and_hold_comments() -> None:
    text = "env  # its own\n  + 0.5*where(a,\n # the door\n b, c)"
    assert parse_reward(text, []) == parse_reward("env + 0.5*where(a, b, c)", [])


def test_a_hash_inside_an_option_is_text() -> None:
    tree = parse_reward('potential(a, name="#1") + env', ["potential"])
    assert tree.items[0].term.name == "#1"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "empty"),
        ("  # only a comment", "empty"),
        ("a+" * 10_001 + "a", "20000 characters"),
        ("min(" + "a, " * 1999 + "a)", "at most 2000 parts"),
        ("(" * 61 + "a" + ")" * 61, "60 levels"),
        ("abs(" * 30 + "-(" * 40 + "a" + ")" * 70, "60 levels"),
        ("-" * 5000 + "a", "60 levels"),
        ("not " * 4000 + "a", "60 levels"),
        ("a**" * 2000 + "a", "60 levels"),
        ("a*" * 1500 + "a", "60 levels"),
        ("9" * 5000, "too many digits"),
        ("1e-400*x", "0 or at least 5e-324"),
        ("x + 0.1e-324", "0 or at least 5e-324"),
        ("9" * 400, "finite"),
        ("x[" + "9" * 400 + "]", "whole number"),
    ],
)
def test_limits(text: str, rule: str) -> None:
    with pytest.raises(LanguageError, match=rule):
        parse_reward(text, [])


def test_a_long_sum_of_terms_is_not_deep() -> None:
    assert len(parse_reward(" + ".join(["0.5*a"] * 400), []).items) == 400


def test_a_long_line_is_cut_around_the_place() -> None:
    with pytest.raises(LanguageError) as caught:
        parse_reward("a + " * 300 + "foo(b) " + "+ a" * 300, [])
    shown = str(caught.value).splitlines()
    assert len(shown[-2]) < 200
    assert shown[-2][shown[-1].index("^") :].startswith("foo(b)")


def test_a_formula_that_is_too_long_shows_where() -> None:
    with pytest.raises(LanguageError) as caught:
        parse_reward("a+" * 10_001 + "a", [])
    assert (caught.value.line, caught.value.column) == (1, 20_000)
    assert str(caught.value).splitlines()[-1].endswith("^")


def test_zero_may_be_written_with_any_exponent() -> None:
    assert parse_reward("0e-999 + 0.000*a + 5e-324*b", [])
