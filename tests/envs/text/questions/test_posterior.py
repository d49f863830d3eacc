from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from rewardsmith.envs.text.questions.posterior import entropy, expected_gain, updated


@pytest.mark.parametrize(
    ("p", "bits"),
    [([1.0], 0), ([0.5, 0.5], 1), ([0.25] * 4, 2), ([0.5, 0.25, 0.25, 0], 1.5), ([1.0, 0.0], 0)],
)
def test_entropy_in_bits(p: list[float], bits: float) -> None:
    assert entropy(np.array(p)) == pytest.approx(bits, abs=1e-12)


def test_update_is_bayes() -> None:
    # P(A) = 1/2, P(B) = 1/3, P(C) = 1/6; "yes" has 9/10, 1/10, 1/10
    joint = [Fraction(9, 20), Fraction(1, 30), Fraction(1, 60)]
    after = [float(j / sum(joint)) for j in joint]
    assert updated(np.array([1 / 2, 1 / 3, 1 / 6]), np.array([0.9, 0.1, 0.1])) == pytest.approx(
        after
    )
    assert after[0] == pytest.approx(0.9)


def test_a_clear_question_about_half_of_them_tells_one_bit() -> None:
    yes = np.array([1.0, 1.0, 0.0, 0.0])
    assert expected_gain(np.full(4, 0.25), np.stack([yes, 1 - yes])) == pytest.approx(1.0)


def test_a_noisy_question_tells_the_capacity_of_its_channel() -> None:
    yes = np.array([0.9, 0.1])
    channel = 1 + 0.9 * np.log2(0.9) + 0.1 * np.log2(0.1)  # 1 - H(0.1) of a symmetric channel
    assert expected_gain(np.full(2, 0.5), np.stack([yes, 1 - yes])) == pytest.approx(channel)


def test_a_question_whose_answer_is_known_tells_nothing() -> None:
    assert expected_gain(np.array([0.5, 0.5]), np.array([[1.0, 1.0], [0.0, 0.0]])) == 0.0
