import numpy as np
import pytest

from rewardsmith.errors import ConfigError

WORDS = ["", "w", "w w", "w w w w"]


def test_the_cosine_by_hand(read, turns):
    stack = read(
        "length_cosine(action, success, most=4, correct=(2, 1), wrong=(-10, 0), exceed=-7)"
    )
    # length 2 of 4: cos(pi / 2) = 0, the middle; length 1: cos(pi / 4)
    quarter = (1 + np.sqrt(0.5)) / 2
    right = stack.step(turns(*WORDS, success=True)).total
    np.testing.assert_allclose(right, [2, 1 + quarter, 1.5, -7])
    wrong = stack.step(turns(*WORDS, success=False)).total
    np.testing.assert_allclose(wrong, [-10, -10 * quarter, -5, -7], atol=1e-12)


def test_characters_can_be_measured(read, turns):
    stack = read("length_cosine(action, success, most=4, unit='characters')")
    np.testing.assert_allclose(stack.step(turns("é" * 2, "é" * 9, success=True)).total, [0.75, -1])


@pytest.mark.parametrize(
    "options", ["most=0", "correct=1", "wrong=(1, 2, 3)", "exceed='a'", "unit='tokens'"]
)
def test_wrong_options_name_the_term(read, options):
    with pytest.raises(ConfigError, match="length_cosine"):
        read(f"length_cosine(action, success, {options})")
