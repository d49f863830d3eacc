from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rewardsmith.errors import LanguageError
from rewardsmith.features import Feature, FeatureSchema
from rewardsmith.language import compile_expression, parse_expression
from rewardsmith.language.nodes import Name, Next
from rewardsmith.transition import Transition

INF, NAN = np.inf, np.nan
#: worked out by hand from the transition of conftest.py: x = 1, -2, 0 then 2, -1, 5
CASES: dict[str, list[float]] = {
    "x": [1, -2, 0],
    "key": [1, 0, 1],
    "count": [1, 2, 3],
    "1 - key": [0, 1, 0],
    "-key": [-1, 0, -1],
    "key + key": [2, 0, 2],
    "(x > 0) + (x >= 0)": [2, 0, 1],
    "-(x > 0)": [-1, 0, 0],
    "0.5*key + 0.25*count": [0.75, 0.5, 1.25],
    "x//2": [0, -1, 0],
    "x % 3": [1, 1, 0],
    "x**2": [1, 4, 0],
    "2**x": [2, 0.25, 1],
    "1/x": [1, -0.5, INF],
    "x/x": [1, 1, NAN],
    "log(x)": [0, NAN, -INF],
    "sqrt(x)": [1, NAN, 0],
    "exp(1000*x)": [INF, 0, 1],
    "abs(x) + sign(x)": [2, 1, 0],
    "tanh(0*x) + sin(0*x) + cos(0*x)": [1, 1, 1],
    "clip(x, -1, 0.5)": [0.5, -1, 0],
    "min(x, 0)": [0, -2, 0],
    "max(x, 0, count - 2)": [1, 0, 1],
    "min(p)": [3, 0, -6],
    "max(p)": [4, 0, 8],
    "norm(p)": [5, 0, 10],
    "sum(p)": [7, 0, 2],
    "mean(p)": [3.5, 0, 1],
    "any(p)": [1, 0, 1],
    "all(p > 0)": [1, 0, 0],
    "any(p < 0) + all(p == 0)": [0, 1, 1],
    "norm(x)": [1, 2, 0],
    "norm(p*p)": [337**0.5, 0, 5392**0.5],
    "sum(x) + mean(x) + max(x)": [3, -6, 0],
    "sum(x*p)": [7, 0, 0],
    "sum(p + x)": [9, -4, 2],
    "sum(where(key, p, 1))": [7, 2, 2],
    "sum(clip(p, 0, count))": [2, 0, 3],
    "norm(next(p) - p)": [3, 2**0.5, 8],
    "p[0]": [3, 0, -6],
    "p[-1]": [4, 0, 8],
    "(2*p)[1]": [8, 0, 16],
    "obs[1]": [10, 11, 12],
    "next(obs[0])": [5, 6, 7],
    "obs[0] - obs[1]": [-10, -10, -10],  # not modulo 256, although it is uint8
    "next(x) - x": [1, 1, 5],
    "next(x*key)": [2, -1, 0],
    "action": [0, 1, 2],
    "reward": [0, 0.5, 1],
    "t": [0, 4, 9],
    "next(t + x)": [3, 4, 15],
    "next(x + action + reward)": [2, 0.5, 8],
    "0 <= x < count": [0, 0, 1],
    "0 < 1 <= x": [1, 0, 0],
    "x and 1 or 0": [1, 1, 0],
    "x == 1 or x == 0": [1, 0, 1],
    "x and key": [1, 0, 0],
    "not x": [0, 0, 1],
    "where(x, 10, 20)": [10, 10, 20],
    "where(x > 0, count, -count)": [1, -2, -3],
    "where(1, x, 0)": [1, -2, 0],
    "3": [3, 3, 3],
    "2*3 + 4**0.5": [8, 8, 8],
    "where(1 < 2 and not 0, max(1, 2, 3), min(4))": [3, 3, 3],
    "clip(5, 0, 1) + norm(-2) + abs(-1)": [4, 4, 4],
    "tolerance(5, bounds=(0, 5))": [1, 1, 1],
    "tolerance(x, bounds=(0, 1), margin=2, sigmoid='linear', value_at_margin=0)": [1, 0, 1],
}


@pytest.mark.parametrize("text", CASES)
def test_values_worked_out_by_hand(text: str, transition: Transition) -> None:
    found = compile_expression(parse_expression(text))(transition)
    assert found.dtype == np.float64
    assert found.shape == (3,)
    np.testing.assert_allclose(found, CASES[text], rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x", [2, -1, 5]),
        ("1 - key", [0, 0, 1]),
        ("p[1] + obs[2]", [29, 27, 27]),
        ("t", [1, 5, 10]),
        ("action + reward", [0, 1.5, 3]),
    ],
)
def test_at_next_reads_the_state_reached(
    text: str, expected: list[float], transition: Transition
) -> None:
    found = compile_expression(parse_expression(text), at="next")(transition)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("rows", [0, 1, 2])
@pytest.mark.parametrize("text", ["x*norm(p) + where(key, 1, x)", "3", "mean(p)", "obs[0]"])
def test_rows_do_not_see_each_other(text: str, rows: int, transition: Transition) -> None:
    run = compile_expression(parse_expression(text))
    np.testing.assert_array_equal(run(transition.select(slice(rows))), run(transition)[:rows])


def test_float64_features_are_not_copied(transition: Transition) -> None:
    found = compile_expression(parse_expression("x"))(transition)
    assert np.shares_memory(found, transition.features["x"])


def test_obs_may_be_a_feature_of_the_schema(transition: Transition) -> None:
    transition.features = {"obs": np.array([[7.0], [8.0], [9.0]])}
    transition.obs = None
    found = compile_expression(parse_expression("obs[0]"))(transition)
    assert found.tolist() == [7, 8, 9]


def test_t_is_0_where_the_place_does_not_know_it(transition: Transition) -> None:
    transition.t = None
    assert compile_expression(parse_expression("t"))(transition).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("p", "one number per row"),
        ("2*p - x", "one number per row"),
        ("missing + 1", "no feature 'missing'"),
        ("x[0]", "could not be computed"),
        ("sum(obs*p)", "could not be computed"),
    ],
)
def test_what_only_the_data_shows_is_an_error_with_a_place(
    text: str, rule: str, transition: Transition
) -> None:
    run = compile_expression(parse_expression(text), source=text)
    with pytest.raises(LanguageError, match=rule) as caught:
        run(transition)
    assert text in str(caught.value)
    assert "^" in str(caught.value)


@pytest.mark.parametrize("obs", [None, {"a": np.zeros((3, 2))}])
def test_obs_needs_one_array(obs: Any, transition: Transition) -> None:
    transition.obs = obs
    with pytest.raises(LanguageError, match="one array"):
        compile_expression(parse_expression("obs[0]"))(transition)


def test_the_schema_refuses_a_vector_before_anything_runs() -> None:
    schema = FeatureSchema([Feature("p", "position", (2,))])
    with pytest.raises(LanguageError, match=r"norm\(\.\.\.\)") as caught:
        compile_expression(parse_expression("2*p"), schema=schema, source="2*p")
    assert str(caught.value).endswith("    2*p\n    ^^^")


def test_the_state_after_the_next_is_unknown() -> None:
    with pytest.raises(LanguageError, match="unknown"):
        compile_expression(Next(Name("x")), at="next")


def test_at_is_now_or_next() -> None:
    with pytest.raises(ValueError, match="'now' or 'next'"):
        compile_expression(Name("x"), at="then")
