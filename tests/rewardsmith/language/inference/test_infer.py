"""Intervals worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from gymnasium import spaces

from rewardsmith.errors import LanguageError
from rewardsmith.features import FeatureSchema
from rewardsmith.language import parse_expression, validate_expression
from rewardsmith.language.inference import Givens, assume, infer_expression

INF = math.inf


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("x", -2, 3),
        ("2*x - 1", -5, 5),
        ("x - x", -5, 5),  # each occurrence counts by itself
        ("x*x", 0, 9),
        ("x**2", 0, 9),
        ("x**3", -8, 27),
        ("2**d", 1, 32),
        ("x*d", -10, 15),
        ("1/(d + 1)", 1 / 6, 1),
        ("d//2", 0, 2),
        ("d % 3", 0, 2),
        ("x % 2", 0, 2),
        ("abs(x)", 0, 3),
        ("min(x, d)", -2, 3),
        ("max(x, d)", 0, 5),
        ("clip(x, 0, 1)", 0, 1),
        ("clip(speed, -1, 1)", -1, 1),
        ("sum(p)", -3, 3),
        ("mean(p)", -1, 1),
        ("norm(p)", 0, math.sqrt(3)),
        ("max(p)", -1, 1),
        ("p[1] + 1", 0, 2),
        ("next(x) - x", -5, 5),
        ("sin(d)", -1, 1),
        ("cos(p[0])", math.cos(1), 1),
        ("tanh(speed)", -1, 1),
        ("exp(p[0])", math.exp(-1), math.exp(1)),
        ("sign(x)", -1, 1),
        ("key + 1", 1, 2),
        ("x > 0", 0, 1),
        ("not d > 5", 1, 1),
        ("x < 4 and x > -3", 1, 1),
        ("any(p > 2)", 0, 0),
        ("tolerance(x, bounds=(0, 1), margin=2, sigmoid='linear')", 0.1, 1),
        ("tolerance(speed)", 0, 1),
        ("where(key, x, 10)", -2, 10),
        ("where(x > 0, log(x + 1), 0)", 0, math.log(4)),
        ("where(x > 1, log(x), 0)", 0, math.log(3)),
        ("where(d != 0, 1/d, 0)", 0, 1),
        ("where(d, 1/d, 0)", 0, 1),
        ("where(not d == 0, 1/d, 0)", 0, 1),
        ("where(d == 0, 0, 1/d)", 0, 1),
        ("where(d > 0 and x > 1, x/d, 0)", 0, 3),
        ("where(d < 1 or x < 1, 0, x/d)", 0, 3),
        ("where(0 < d <= 2, 1/d, 0)", 0, 1),
        ("where(norm(p) > 0.5, 1/norm(p), 0)", 0, 2),
        ("where(abs(x) < 1, x, 0)", -1, 1),
        ("where(next(d) > 0, 1/next(d), 0)", 0, 1),
        ("where(all(p > 0.5), 1/min(p), 0)", 0, 2),
        ("sum(where(p > 0.5, 1/p, 0))", 0, 6),
        ("t", 0, INF),
        ("reward", -INF, INF),
        ("sum(obs)", -INF, INF),
    ],
)
def test_bounds(text: str, low: float, high: float, schema: FeatureSchema) -> None:
    found = infer_expression(parse_expression(text), schema)
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))
    assert not found.may_be_nan


@pytest.mark.parametrize(
    "text", ["log(x)", "sqrt(x)", "x**0.5", "x/(x*x)", "0*log(d)", "log(d) - log(d)", "x % x"]
)
def test_what_may_be_no_number(text: str, schema: FeatureSchema) -> None:
    assert infer_expression(parse_expression(text), schema).may_be_nan


@pytest.mark.parametrize(
    ("text", "kind", "shape"),
    [
        ("d + 1", "int", ()),
        ("x > 0", "bool", ()),
        ("key*key", "int", ()),
        ("d/2", "float", ()),
        ("p > 0", "bool", (3,)),
        ("obs > 0", "bool", None),
    ],
)
def test_kinds_and_shapes(text: str, kind: str, shape: object, schema: FeatureSchema) -> None:
    found = infer_expression(parse_expression(text), schema)
    assert (found.kind, found.shape) == (kind, shape)


def test_a_condition_on_elements_says_nothing_of_their_sum(schema: FeatureSchema) -> None:
    # Some element above 0.5 leaves the sum of all three as low as -1.5.
    found = infer_expression(parse_expression("sum(where(p > 0.5, sum(p), 0))"), schema)
    assert found.low <= -4.5


def test_spaces_and_limits_bound_what_the_schema_does_not(schema: FeatureSchema) -> None:
    box = spaces.Box(np.array([-1.0, -np.inf]), np.array([1.0, np.inf]), dtype=np.float64)
    known = Givens(schema, box, spaces.Discrete(3), (-1.0, 0.0), max_steps=100)

    def bounds(text: str) -> tuple[float, float]:
        found = infer_expression(parse_expression(text), known)
        return found.low, found.high

    assert bounds("obs[0]") == (-1, 1)
    assert bounds("next(obs[1])") == (-INF, INF)
    assert bounds("action") == (0, 2)
    assert bounds("reward") == (-1, 0)
    assert bounds("t") == (0, 99)
    assert bounds("next(t)") == (1, 100)


def test_what_is_assumed_bounds_a_gated_term(schema: FeatureSchema) -> None:
    inside = assume(parse_expression("d > 2"), truth=True, givens=Givens(schema))
    assert inside is not None
    assert infer_expression(parse_expression("d"), inside).low == 3
    assert infer_expression(parse_expression("d"), inside, at="next").low == 0
    assert assume(parse_expression("d > 7"), truth=True, givens=Givens(schema)) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("log(-1 - d)", "never above 0"),
        ("sqrt(-1 - abs(speed))", "always negative"),
        ("x/(0*d)", "always 0"),
        ("(-1 - d)**0.5", "not whole"),
        ("exp(800 + d)", "exp overflows"),
    ],
)
def test_what_can_never_be_a_number_is_refused(text: str, told: str, schema: FeatureSchema) -> None:
    with pytest.raises(LanguageError, match=told) as caught:
        validate_expression(parse_expression(text), schema, source=text)
    assert "^" in str(caught.value)


@pytest.mark.parametrize(
    "text", ["log(x)", "x/d", "where(d > 9, log(-1 - d), 0)", "where(0, log(-1 - d), 0)"]
)
def test_what_is_only_possible_or_never_runs_is_not_refused(
    text: str, schema: FeatureSchema
) -> None:
    assert validate_expression(parse_expression(text), schema) == ()


def test_conditions_nested_in_conditions_cost_no_more_than_their_size(
    schema: FeatureSchema,
) -> None:
    text = "x > 0"
    for _ in range(18):
        text = f"where({text}, x, d) > 0 and x < 2"
    parts = infer_expression(parse_expression(text), schema)
    assert parts.kind == "bool"
