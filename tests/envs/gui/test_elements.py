from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from rewardsmith.envs.gui.elements import DIAGONAL, clickable, matrix, target, word_match


def raw(ref: int, text: str, left: float, top: float, leaf: int = 1, **more: Any) -> Any:
    box = {"left": [left], "top": [top], "width": [40.0], "height": [42.0]}
    rest = {"tag": "button", "text": text, "value": "", "flags": [0, 0, 0, leaf]}
    return {"ref": ref, **box, **rest, **more}


PAGE = [
    raw(1, "", 0, 0, leaf=0),
    raw(2, "TWO", 80, 105),
    raw(3, "ONE", 16, 63),
    raw(-1, "text node", 0, 0),
    raw(5, "hidden", 0, 0, width=[0.0]),
]


def test_clickable_are_visible_positive_leaves_in_reading_order() -> None:
    assert [e.ref for e in clickable(PAGE, "Click button ONE.")] == [3, 2]


def test_vector_is_worked_out_by_hand() -> None:
    one, two = clickable(PAGE, "Click button ONE.")
    # 16/160, 63/210, 40/160, 42/210; a button, no input; its one word is in the instruction.
    assert one.vector() == pytest.approx([1, 0.1, 0.3, 0.25, 0.2, 1, 0, 1])
    assert two.vector() == pytest.approx([1, 0.5, 0.5, 0.25, 0.2, 1, 0, 0])


def test_matrix_pads_and_cuts() -> None:
    elements = clickable(PAGE, "Click button ONE.")
    assert matrix(elements, 3).shape == (24,)
    assert np.all(matrix(elements, 3)[16:] == 0)
    np.testing.assert_allclose(matrix(elements, 1), elements[0].vector(), rtol=1e-6)


def test_target_is_the_best_match_or_none() -> None:
    found = target(clickable(PAGE, "Click button ONE."))
    assert found is not None
    assert found.ref == 3
    assert target(clickable(PAGE, "Close the window")) is None
    assert target([]) is None


def test_covers_and_centre() -> None:
    one = clickable(PAGE, "")[0]
    assert one.centre == (36.0, 84.0)
    assert one.covers(16, 63)
    assert not one.covers(57, 63)


def test_word_match_counts_words() -> None:
    assert word_match("click here now", "Click NOW!") == pytest.approx(2 / 3)
    assert word_match("", "Click") == 0.0


def test_diagonal() -> None:
    assert math.isclose(DIAGONAL**2, 160**2 + 210**2)
