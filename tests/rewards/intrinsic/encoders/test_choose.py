"""Rows by hand for each kind of space."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from rewardsmith.errors import BindingError, ConfigError, ContractError
from rewardsmith.features import Feature
from rewardsmith.rewards.intrinsic.encoders.choose import check_name, of_feature, of_space


def box(*shape: int, dtype: Any = np.float32, high: float = 1) -> spaces.Box:
    return spaces.Box(0, high, shape, dtype)


@pytest.mark.parametrize(
    ("space", "values", "rows"),
    [
        (box(2), [[0.5, 1.0]], [[0.5, 1.0]]),
        (box(1, 2), [[[3.0, 4.0]]], [[3.0, 4.0]]),
        (spaces.Discrete(3, start=5), [6, 5], [[0, 1, 0], [1, 0, 0]]),
        (spaces.MultiDiscrete([2, 3]), [[1, 2]], [[0, 1, 0, 0, 1]]),
        (spaces.MultiBinary(3), [[1, 0, 1]], [[1, 0, 1]]),
    ],
)
def test_rows_by_hand(space: Any, values: Any, rows: Any) -> None:
    encoder = of_space(space)
    found = encoder(np.array(values))
    assert found.tolist() == rows
    assert encoder.size == found.shape[1]
    assert encoder.image is None


@pytest.mark.parametrize("last", [False, True])
def test_pictures_come_out_channels_first_and_stay_bytes(last: bool) -> None:
    first = np.arange(2 * 24 * 30, dtype=np.uint8).reshape(1, 2, 24, 30)
    given = np.moveaxis(first, 1, -1) if last else first
    encoder = of_space(box(*given.shape[1:], dtype=np.uint8, high=255))
    found = encoder(given)
    assert encoder.image == (2, 24, 30)
    assert found.dtype == np.uint8
    assert (found.reshape(first.shape) == first).all()


def test_a_grey_picture_has_one_channel() -> None:
    assert of_space(box(84, 84, dtype=np.uint8, high=255)).image == (1, 84, 84)


def test_a_picture_whose_channels_cannot_be_told_is_refused() -> None:
    with pytest.raises(BindingError, match=r"shape \(C, H, W\) or \(H, W, C\) .*\(24, 24, 24\)"):
        of_space(box(24, 24, 24, dtype=np.uint8, high=255), "image")


def test_a_dictionary_puts_its_picture_first() -> None:
    space = spaces.Dict({"a": spaces.Discrete(2), "eye": box(24, 24, 1, dtype=np.uint8, high=255)})
    encoder = of_space(space)
    found = encoder({"a": np.array([1]), "eye": np.full((1, 24, 24, 1), 255, dtype=np.uint8)})
    assert encoder.image == (1, 24, 24)
    assert found.dtype == np.float32
    assert found[0, :576].tolist() == [1.0] * 576  # bytes as numbers up to 1
    assert found[0, 576:].tolist() == [0.0, 1.0]


def test_minigrid_is_read_cell_by_cell_without_its_mission() -> None:
    space = spaces.Dict(
        {
            "direction": spaces.Discrete(4),
            "image": box(7, 7, 3, dtype=np.uint8, high=255),
            "mission": spaces.Text(10),
        }
    )
    view = np.zeros((1, 7, 7, 3), dtype=np.uint8)
    view[0, 0, 0] = (5, 4, 2)  # a locked yellow key-like cell
    encoder = of_space(space)
    found = encoder({"direction": np.array([3]), "image": view, "mission": np.array(["go"])})
    assert found.shape == (1, 4 + 49 * 20)
    assert np.flatnonzero(found[0, :4]).tolist() == [3]
    assert np.flatnonzero(found[0, 4:24]).tolist() == [5, 11 + 4, 17 + 2]


def test_text_is_hashed_alike_for_equal_texts_and_near_for_near_ones() -> None:
    encoder = of_feature(Feature("mission", "words", dtype="text"))
    rows = encoder(np.array(["open the red door", "open the red door", "open the blue door",
                             "xyzzy plugh"], dtype=object))  # fmt: skip
    assert (rows[0] == rows[1]).all()
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(4), abs=1e-6)
    assert rows[0] @ rows[2] > rows[0] @ rows[3] + 0.2


def test_what_nothing_fits_is_refused() -> None:
    with pytest.raises(BindingError, match=r"Sequence\(.*name features instead"):
        of_space(spaces.Sequence(spaces.Discrete(2)))
    with pytest.raises(BindingError, match=r"'flat_one', which is always 3"):
        of_feature(Feature("flat_one", "never varies", low=3, high=3))
    with pytest.raises(ConfigError, match="Did you mean 'image'"):
        check_name("imge")
    with pytest.raises(ContractError, match=r"must be finite. Received nan"):
        of_space(box(2))(np.array([[0.0, np.nan]]))
    with pytest.raises(ContractError, match=r"A class is a whole number within its space"):
        of_space(spaces.Discrete(2))(np.array([2]))
    two = {k: box(30, 30, 3, dtype=np.uint8, high=255) for k in "ab"}
    with pytest.raises(BindingError, match=r"One picture is looked at at a time\. Received 2"):
        of_space(spaces.Dict(two))


def test_a_picture_of_another_layout_than_its_space_is_refused() -> None:
    encoder = of_space(box(3, 40, 44, dtype=np.uint8, high=255))
    with pytest.raises(ContractError, match=r"\(3, 40, 44\).*Received \(40, 44, 3\); transpose"):
        encoder(np.zeros((2, 40, 44, 3), np.uint8))


CLASS, PAIR = spaces.Discrete(3), spaces.Dict({"a": box(2), "b": spaces.Discrete(2)})


@pytest.mark.parametrize(
    ("space", "values", "told"),
    [
        (box(2), {"a": np.zeros((1, 2))}, r"numbers of the shape \(2,\).*with the keys \['a'\]"),
        (box(2), [[1, 2], [1]], r"Received list \[1, 2\]"),
        (box(2), np.array([["1", "2"]]), "Received str '1'"),
        (box(2), np.array([[None, 1]], dtype=object), "Received NoneType None"),
        (box(2), np.array([[1j, 1]]), r"Received complex 1j"),
        (box(2), np.zeros((1, 2), "datetime64[s]"), "Received datetime"),
        (box(2), None, "Received NoneType None"),
        (CLASS, np.array([None], dtype=object), r"shape \(\) in each row.*Received NoneType None"),
        (CLASS, np.array(["a"]), "Received str 'a'"),
        (CLASS, np.array([1.0, 0.7]), r"A class is a whole number.*Received \[0\.7\]"),
        (CLASS, np.array([np.nan]), r"A class is a whole number.*Received \[nan\]"),
        (spaces.MultiDiscrete([2, 3]), np.array([[1, 0.5]]), r"Received \[1\.0, 0\.5\]"),
        (PAIR, np.zeros((1, 2)), r"a dictionary with the keys \['a', 'b'\].*Received ndarray"),
        (PAIR, {"a": np.zeros((1, 2))}, r"with the keys \['a', 'b'\].*one without 'b'"),
        (spaces.Text(5), np.array([None], dtype=object), "one text in each row.*NoneType None"),
        (spaces.Text(5), np.array([3]), "one text in each row.*Received int 3"),
        (box(30, 30, 3, dtype=np.uint8, high=255), {"a": 1}, r"shape \(30, 30, 3\).*keys \['a'\]"),
    ],
)
def test_values_of_another_kind_are_refused(space: Any, values: Any, told: str) -> None:
    with pytest.raises(ContractError, match=told):
        of_space(space)(values)


def test_numbers_may_come_as_objects_and_classes_as_floats() -> None:
    numbers = of_space(box(2))(np.array([[1, 2.5], [10**30, True]], dtype=object))
    assert numbers.tolist() == [[1, 2.5], [np.float32(1e30), 1]]
    assert of_space(CLASS)(np.array([2.0, 0.0])).tolist() == [[0, 0, 1], [1, 0, 0]]


def test_what_is_no_array_of_numbers_is_refused() -> None:
    values = np.empty(1, dtype=object)
    values[0] = [0.1, 0.2]
    with pytest.raises(
        ContractError, match=r"numbers of the shape \(2,\) in each row.*Received list \[0.1, 0.2\]"
    ):
        of_space(box(2))(values)


@pytest.mark.parametrize(
    ("space", "values", "told"),
    [
        (box(3), np.zeros((2, 4)), r"shape \(3,\) in each row.*Received one of \(4,\)"),
        (box(2, 3), np.zeros((2, 3, 2)), r"shape \(2, 3\) in each row.*Received one of \(3, 2\)"),
        (box(3), np.zeros(3), r"shape \(3,\) in each row.*Received one of \(\)"),
        (box(3), np.float32(1), r"shape \(3,\) in each row.*Received a single number"),
        (spaces.MultiBinary(3), np.zeros((2, 2)), r"shape \(3,\) in each row"),
        (spaces.Discrete(4), np.zeros((2, 2)), r"shape \(\) in each row.*Received one of \(2,\)"),
        (spaces.MultiDiscrete([2, 3]), np.zeros((2, 1)), r"shape \(2,\) in each row"),
        (spaces.Text(9), np.array([["a", "b"]]), r"shape \(\) in each row"),
    ],
)
def test_values_of_another_shape_than_their_space_are_refused(
    space: Any, values: Any, told: str
) -> None:
    with pytest.raises(ContractError, match=told):
        of_space(space)(values)


def test_a_class_beyond_its_space_is_named() -> None:
    with pytest.raises(ContractError, match=r"\[3\] classes from \[5\]\)\. Received \[9\]"):
        of_space(spaces.Discrete(3, start=5))(np.array([5, 9]))


def test_axes_of_length_1_do_not_matter() -> None:
    assert of_space(box(2))(np.array([[[1.0], [2.0]]])).tolist() == [[1.0, 2.0]]
    assert of_space(spaces.Discrete(2))(np.array([[1], [0]])).tolist() == [[0, 1], [1, 0]]


def test_what_float32_cannot_hold_is_refused() -> None:
    with pytest.raises(ContractError, match=r"below 3.4e38 in size.*Received 1e\+39"):
        of_space(box(2))(np.array([[0.0, 1e39]]))
    rows = of_space(box(2))(np.array([[3e38, 3e38]]))  # the sum alone is beyond
    assert rows.tolist() == [[pytest.approx(3e38), pytest.approx(3e38)]]
