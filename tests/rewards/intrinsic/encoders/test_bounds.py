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
        (UNIT, [["a", "b"]], ""),  # so it does these
        (UNIT, [[1j, 0]], ""),
        # Beside 0 and beside a range of nothing, a millionth is rounding.
        (spaces.Box(0, np.inf, (1,)), [[-1e-12]], ""),
        (spaces.Box(0, np.inf, (1,)), [[-1e-3]], "-0.001, where its space begins at 0"),
        (spaces.Box(-np.inf, 0, (1,)), [[1e-12]], ""),
        (spaces.Box(-np.inf, 0, (1,)), [[2e-6]], "2e-06, where its space ends at 0"),
        (spaces.Box(1, 1, (1,)), [[1 + 1e-7]], ""),
        (spaces.Box(1, 1, (1,)), [[1.1]], "1.1, where its space ends at 1"),
        (spaces.Box(1e6, 1e6, (1,)), [[1e6 + 0.0625]], ""),  # the next number of float32
        # Nothing overflows: a warning would be an error here.
        (spaces.Box(-1.7e308, 1.7e308, (1,), np.float64), [[-1.7e308], [1.7e308]], ""),
        (spaces.Box(0, np.inf, (1,)), [[np.inf]], ""),
        (spaces.Box(0, 1, (1,)), [[np.nan]], ""),
        (spaces.Box(0, 0.5, (1,)), [[True]], "1, where its space ends at 0.5"),
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


@pytest.mark.parametrize("values", [np.zeros(2), {"out": np.zeros((1, 2))}, {"in": None}, None])
def test_what_is_no_such_dictionary_is_left_to_the_encoder(values: Any) -> None:
    assert Bounds(spaces.Dict({"in": UNIT})).beyond(values) == ""
