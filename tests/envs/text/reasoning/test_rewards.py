"""The named rewards, on two attempts worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("reasoning_gym")

from rewardsmith.envs.text.reasoning.reasoning_env import make_env


@pytest.fixture
def paid(pay: Any) -> Any:
    return lambda name, lines: pay("Reasoning-v0", name, make_env(attempts=2), lines).total


# "no" scores 0, the expert's answer 1; Phi is -1, -1, and 0 at the end; one attempt is left.
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sparse", [0, 1]),
        ("potential", [1 - 0.99, 1 + 1]),
        ("gated", [0.1, 1]),
        ("biased", [0, 1.5]),
    ],
)
def test_pay_of_a_wrong_and_a_right_answer(paid: Any, name: str, expected: list[float]) -> None:
    np.testing.assert_allclose(paid(name, ["no", "expert"]), expected)


def test_gated_pays_nothing_beside_the_score_without_success(paid: Any) -> None:
    np.testing.assert_allclose(paid("gated", ["no", "no"]), [0, 0])
