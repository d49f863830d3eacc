from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardsmith.language import (
    format_expression,
    format_reward,
    parse_expression,
    parse_reward,
)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_an_expression_reads_back(expressions: Any, data: st.DataObject) -> None:
    tree = data.draw(expressions)
    assert parse_expression(format_expression(tree)) == tree


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_reward_reads_back(rewards: Any, terms: tuple[str, ...], data: st.DataObject) -> None:
    tree = data.draw(rewards)
    assert parse_reward(format_reward(tree), terms) == tree


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("((a+b))*c", "(a + b)*c"),
        ("a-(b-c)", "a - (b - c)"),
        ("(a-b)-c", "a - b - c"),
        ("a/(b*c)", "a/(b*c)"),
        ("(-a)**2", "(-a)**2"),
        ("-(a**2)", "-a**2"),
        ("2**(-1)", "2**-1"),
        ("(a**b)**c", "(a**b)**c"),
        ("a**(b**c)", "a**b**c"),
        ("not (a<b)", "not a < b"),
        ("(not a)*2", "(not a)*2"),
        ("(a and b) or c", "a and b or c"),
        ("a and (b or c)", "a and (b or c)"),
        ("(a<b)<c", "(a < b) < c"),
        ("- -a", "--a"),
        ("-(2)", "-2"),
        ("+a", "a"),
        ("True", "1"),
        ("1e-3 + 100.0", "0.001 + 100"),
        ("obs[ -1 , 2 ]", "obs[-1, 2]"),
        ("tolerance(a,(0,1),4)", "tolerance(a, bounds=(0, 1), margin=4)"),
    ],
)
def test_an_expression_has_no_needless_parentheses(text: str, shown: str) -> None:
    assert format_expression(parse_expression(text)) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1*env", "env"),
        ("2*0.25*env", "0.5*env"),
        ("env+-0.001", "env - 0.001"),
        ("0.5*(env - potential(x))", "0.5*env - 0.5*potential(x)"),
        ("env - (a > b)", "env - (a > b)"),
        ("a > b", "a > b"),
        ("env + value(a + b)", "env + value(a + b)"),
        ("0.5*(a + b)", "0.5*(a + b)"),
        ("env/4", "0.25*env"),
        ("env() + value(2*x)", "env + value(2*x)"),
        ("env + (-a) % b", "env + -a%b"),
        ("when(key,(env))", "when(key, env)"),
        ("potential(x, name='to goal')", 'potential(x, name="to goal")'),
        ("env*linear(1,0,steps=1e5)*0.5", "0.5*linear(1, 0, steps=100000)*env"),
        ("value(x,name='a\"b')", "value(x, name='a\"b')"),
        ("outcome(key, env, threshold=-inf)", "outcome(key, env, threshold=-inf)"),
    ],
)
def test_a_reward_is_shown_as_a_person_would_write_it(
    text: str, shown: str, terms: tuple[str, ...]
) -> None:
    assert format_reward(parse_reward(text, terms)) == shown
