"""Which observations lie beyond their space, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from rewardsmith.rewards.intrinsic.encoders.bounds import Bounds

UNIT = spaces.Box(0, 1, (2,))


@pytest.mark.parametrize(
    ("space", "values", "told"),
    [
        (UNIT, [[0, 1], [1.0099, -0.0099]], ""),  # 1% of the range is rounding
        (UNIT, [[0, 1], [0.5, 1.02]], "1.02, where its space ends at 1"),
        (UNIT, [[-0.02, 1]], "-0.02, where its space begins at 0"),
        (UNIT, [[254, 3, 4]], ""),  # the encoder refuses the shape
        (spaces.Box(-np.inf, np.inf, (1,)), [[1e30]], ""),
        (spaces.Box(np.array([5.0, -np.inf], np.float32), np.inf, (2,)), [[5.0, -1e9]], ""),
        (
            spaces.Box(np.array([5.0, -np.inf], np.float32), np.inf, (2,)),
            [[4.0, -1e9]],
            "4, where its space begins at 5",
        ),
        (spaces.Box(0, 255, (1,), np.uint8), [[300.0]], ""),  # bytes cannot be beyond
        (spaces.Discrete(2), [7], ""),  # the encoder refuses it
    ],
)
def test_by_hand(space: Any, values: Any, told: str) -> None:
    assert Bounds(space).beyond(np.array(values)) == told


def test_in_a_dictionary_the_key_is_named() -> None:
    space = spaces.Dict({"n": spaces.Discrete(2), "in": spaces.Dict({"eye": UNIT})})
    good, bad = np.zeros((1, 2)), np.full((1, 2), 254.0)
    assert Bounds(space).beyond({"n": np.array([1]), "in": {"eye": good}}) == ""
    told = Bounds(space).beyond({"n": np.array([1]), "in": {"eye": bad}})
    assert told == "254, where its space ends at 1 (in.eye)"
