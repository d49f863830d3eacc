"""Numbers worked out by hand; the sigmoids' closed forms are those of dm_control."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from rewardsmith.language.tolerance import SIGMOIDS, tolerance

FORMS = {
    "gaussian": lambda d, v: math.exp(-0.5 * (d * math.sqrt(-2 * math.log(v))) ** 2),
    "hyperbolic": lambda d, v: 1 / math.cosh(d * math.acosh(1 / v)),
    "long_tail": lambda d, v: 1 / ((d * math.sqrt(1 / v - 1)) ** 2 + 1),
    "reciprocal": lambda d, v: 1 / (abs(d) * (1 / v - 1) + 1),
    "cosine": lambda d, v: (
        (1 + math.cos(d * math.acos(2 * v - 1))) / 2 if d * math.acos(2 * v - 1) < math.pi else 0
    ),
    "linear": lambda d, v: max(1 - d * (1 - v), 0),
    "quadratic": lambda d, v: max(1 - (d * math.sqrt(1 - v)) ** 2, 0),
    "tanh_squared": lambda d, v: 1 - math.tanh(d * math.atanh(math.sqrt(1 - v))) ** 2,
}


def test_the_eight_sigmoids_are_there() -> None:
    assert set(SIGMOIDS) == set(FORMS)


@pytest.mark.parametrize("sigmoid", sorted(FORMS))
@pytest.mark.parametrize("value", [0.1, 0.25, 0.9])
def test_it_is_1_inside_and_the_given_value_at_the_margin(sigmoid: str, value: float) -> None:
    x = np.array([-1.0, 0.0, 2.0, -5.0, 6.0])  # margin 4 outside [-1, 2] is at -5 and 6
    found = tolerance(x, (-1, 2), 4, sigmoid, value)
    np.testing.assert_allclose(found, [1, 1, 1, value, value], rtol=1e-12)


@pytest.mark.parametrize("sigmoid", sorted(FORMS))
@pytest.mark.parametrize("distance", [0.1, 0.5, 1.5, 3.0])
def test_it_follows_the_closed_form(sigmoid: str, distance: float) -> None:
    found = tolerance(np.array([2 + 4 * distance, -1 - 4 * distance]), (-1, 2), 4, sigmoid, 0.2)
    np.testing.assert_allclose(found, [FORMS[sigmoid](distance, 0.2)] * 2, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("x", "options", "expected"),
    [
        (3.0, {"bounds": (0, 1), "margin": 4, "sigmoid": "linear"}, 0.55),  # 1 - 0.5*0.9
        (3.0, {"bounds": (0, 1), "margin": 4, "sigmoid": "quadratic"}, 0.775),  # 1 - 0.25*0.9
        (2.0, {"margin": 1, "sigmoid": "long_tail", "value_at_margin": 0.5}, 0.2),  # 1/(1+4)
        (3.0, {"margin": 1, "sigmoid": "reciprocal", "value_at_margin": 0.5}, 0.25),  # 1/(1+3)
        (2.0, {"margin": 1}, 0.0001),  # 0.1**(2*2)
        (0.5, {"margin": 1, "sigmoid": "cosine", "value_at_margin": 0}, 0.5),
        (9.0, {"margin": 1, "sigmoid": "cosine", "value_at_margin": 0}, 0.0),
        (1.0, {"bounds": (0, 1)}, 1.0),
        (1.1, {"bounds": (0, 1)}, 0.0),
        (-3.0, {"bounds": (-math.inf, 0), "margin": 1}, 1.0),
        (math.inf, {"bounds": (1, math.inf), "margin": 1}, 1.0),
        (-math.inf, {"bounds": (1, math.inf), "margin": 1}, 0.0),
        (1e300, {"bounds": (-math.inf, math.inf), "margin": 1}, 1.0),
    ],
)
def test_numbers_worked_out_by_hand(x: float, options: dict[str, Any], expected: float) -> None:
    assert float(tolerance(x, **options)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("sigmoid", sorted(FORMS))
@pytest.mark.parametrize("bounds", [(0, 1), (0, 0), (-math.inf, 0), (-math.inf, math.inf)])
@pytest.mark.parametrize("margin", [0, 1])
def test_nan_stays_nan(sigmoid: str, bounds: tuple[float, float], margin: float) -> None:
    assert np.isnan(tolerance(math.nan, bounds, margin, sigmoid))


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"bounds": (1, 0)}, "low <= high"),
        ({"bounds": (0, 1, 2)}, "pair"),
        ({"bounds": (0, math.nan)}, "pair of numbers"),
        ({"margin": -1}, "margin"),
        ({"margin": math.inf}, "margin"),
        ({"sigmoid": "gauss"}, "sigmoid is one of"),
        ({"value_at_margin": 0}, "above 0"),
        ({"value_at_margin": 1}, "below 1"),
        ({"sigmoid": "linear", "value_at_margin": -0.1}, "at least 0"),
        ({"value_at_margin": "x"}, "number"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        tolerance(0.0, **options)
