"""The named rewards, on a walk over the diagonal of a room of 5 by 5."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

pytest.importorskip("nle")

from rewardsmith.envs.text.nethack.nethack_env import make_env


@pytest.fixture
def paid(pay: Any) -> Iterator[Any]:
    env = make_env()
    yield lambda name, lines: pay("MiniHack-v0", name, env, lines).total
    env.close()


THERE, BACK = "southeast", "northwest"


def test_potential_along_the_way(paid: Any) -> None:
    # Phi is -4, -3, -2 and -1 over 79, and 0 at the end.
    phi = np.array([-4, -3, -2, -1, 0]) / 79
    expected = np.array([0, 0, 0, 1]) + 0.99 * phi[1:] - phi[:-1]
    np.testing.assert_allclose(paid("potential", [THERE] * 4), expected)
    np.testing.assert_allclose(paid("sparse", [THERE] * 4), [0, 0, 0, 1])


def test_gated_pays_only_with_success(paid: Any) -> None:
    assert paid("gated", [THERE] * 4).sum() > 1
    np.testing.assert_allclose(paid("gated", [THERE] * 3), 0)


def test_biased_pays_for_walking_to_and_fro(paid: Any) -> None:
    np.testing.assert_allclose(
        paid("biased", [THERE, BACK, THERE, BACK]), np.array([1, 0, 1, 0]) / 79
    )
