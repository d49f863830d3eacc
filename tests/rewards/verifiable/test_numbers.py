import time

import pytest

from rewardsmith.rewards.verifiable.numbers import boxed, final_number, final_unit, shortest


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("72", 72),
        ("so 3 + 4 = 7.", 7),
        ("She has 5.\n#### 1,234", 1234),
        ("\\boxed{12} is right, not 5", 12),
        ("\\boxed{\\frac{3}{4}}", 0.75),
        ("-\\frac{1}{2}", -0.5),
        ("x = -5", -5),
        ("5-3", 3),
        ("(−4)", -4),
        ("2\\times 10^{3}", 2000),
        ("2^{10}", 1024),
        ("1e-3", 0.001),
        ("about 3 / 4 of it", 0.75),
        ("1{,}000", 1000),
        ("1, 2", 2),
        ("1,2", 2),
        ("３", 3),
        ("50%", 50),
        ("12 cm^2", 12),
    ],
)
def test_the_final_number_of_a_text(text, number):
    assert final_number(text) == pytest.approx(number, rel=1e-12)


@pytest.mark.parametrize("text", ["", "none", "x2", "1e999", "9" * 500, "1/0", "nan", "inf", "½é"])
def test_texts_that_state_no_finite_number(text):
    assert final_number(text) is None


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("5 km", "km"),
        ("12 cm^2", "cm^2"),
        ("50%", "%"),
        ("$5", "$"),
        ("5", ""),
        ("5\\text{ m}", "m"),
    ],
)
def test_the_unit_of_the_final_number(text, unit):
    assert final_unit(text) == unit


def test_boxes_nest_and_must_be_closed():
    assert boxed("\\boxed{a} \\boxed{b{c}d} e") == "b{c}d"
    assert boxed("\\boxed{a") == ""


def test_numbers_are_written_the_shortest_way():
    assert [shortest(v) for v in (3.0, -2.5, 1e20)] == ["3", "-2.5", "1e+20"]


@pytest.mark.parametrize(
    "piece", ["1,", "111,", "9", "-", "\\frac{", "\\boxed{", "1/", "^", " ", "1e", "{", "####"]
)
def test_hostile_texts_take_linear_time(piece):
    start = time.perf_counter()
    final_number(piece * (2_000_000 // len(piece)))
    assert time.perf_counter() - start < 3.0
