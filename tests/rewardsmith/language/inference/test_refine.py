"""Refinement and arithmetic, point by point: no value that can occur is ever ruled out."""

from __future__ import annotations

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given, settings

from rewardsmith.language.functions import BINARY, COMPARE
from rewardsmith.language.inference.interval import Interval, constant, hull, meet
from rewardsmith.language.inference.refine import holds, narrowed, narrowed_if_false
from rewardsmith.language.inference.walk import _ARITHMETIC

NUMBERS = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 1e300, -1e300, 5e-324, math.inf, -math.inf]),
    st.integers(-6, 6).map(float),
    st.floats(-8, 8),
)
OPERATORS = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])


@st.composite
def points(draw: st.DrawFn) -> tuple[Interval, float]:
    """An interval and one value in it, NaN included."""
    kind = draw(st.sampled_from(["float", "float", "int"]))
    ends = sorted(draw(st.tuples(NUMBERS, NUMBERS, NUMBERS)))
    if kind == "int":
        ends = [end if math.isinf(end) else float(math.floor(end)) for end in ends]
    low, value, high = ends
    infinite = draw(st.booleans()) or math.isinf(value)
    assume(low < math.inf and high > -math.inf)
    if draw(st.integers(0, 7)) == 0:
        return Interval(low, high, kind, True, infinite), math.nan
    return Interval(low, high, kind, draw(st.booleans()), infinite), value


@settings(max_examples=3000, deadline=None)
@given(points(), OPERATORS, points())
def test_a_comparison_rules_out_no_value_that_passes_it(
    left: tuple[Interval, float], op: str, right: tuple[Interval, float]
) -> None:
    (x, a), (y, b) = left, right
    passed = bool(COMPARE[op](a, b))
    assert holds(op, x, y) in (None, passed)
    kept = narrowed(x, op, y) if passed else narrowed_if_false(x, op, y)
    assert kept is not None
    assert kept.contains(a)


@pytest.mark.parametrize("op", ["+", "-", "*", "/", "//", "%", "**"])
def test_arithmetic_rules_out_no_value(op: str) -> None:
    @settings(max_examples=1500, deadline=None)
    @given(points(), points())
    def check(left: tuple[Interval, float], right: tuple[Interval, float]) -> None:
        (x, a), (y, b) = left, right
        with np.errstate(all="ignore"):
            value = float(BINARY[op](np.float64(a), np.float64(b)))
        assert _ARITHMETIC[op](x, y).contains(value)
        if b == int(b) if math.isfinite(b) else False:
            assert _ARITHMETIC[op](x, constant(b)).contains(value)

    check()


@settings(max_examples=1000, deadline=None)
@given(points(), points())
def test_hull_and_meet(left: tuple[Interval, float], right: tuple[Interval, float]) -> None:
    (x, a), (y, b) = left, right
    joint = hull([x, y])
    assert joint.contains(a)
    assert joint.contains(b)
    met = meet(x, y)
    if y.contains(a) and (y.kind == x.kind):
        assert met is not None
        assert met.contains(a)


@pytest.mark.parametrize(
    ("op", "edge", "kind", "low", "high"),
    [
        ("<", 2, "int", -5, 1),
        ("<", 2.5, "int", -5, 2),
        (">", 2, "int", 3, 5),
        (">=", 2, "int", 2, 5),
        ("==", 2, "int", 2, 2),
        ("!=", 5, "int", -5, 4),
        ("<", 2, "float", -5, math.nextafter(2, 0)),
        ("!=", -5, "float", math.nextafter(-5, 0), 5),
    ],
)
def test_what_a_comparison_with_a_number_leaves(
    op: str, edge: float, kind: str, low: float, high: float
) -> None:
    kept = narrowed(Interval(-5, 5, kind), op, constant(edge))
    assert kept is not None
    assert (kept.low, kept.high) == (low, high)


def test_an_interval_without_0_in_its_middle_can_be_divided_by() -> None:
    kept = narrowed(Interval(-5, 5, "int"), "!=", constant(0))
    assert kept is not None
    assert not kept.may_be_zero
    paid = _ARITHMETIC["/"](constant(1), kept)
    assert (paid.low, paid.high) == (-1, 1)
