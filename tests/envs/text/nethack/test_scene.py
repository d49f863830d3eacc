"""A map of 3 by 5 cells, drawn by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from rewardsmith.envs.text.nethack.expert import direction
from rewardsmith.envs.text.nethack.scene import FARTHEST, Scene

NAMES = {
    "@": "human monk called Agent",
    ".": "floor of a room",
    "|": "wall",
    ">": "staircase down",
    "d": "jackal",
    "+": "closed door",
    " ": "",
}


def scene(*rows: str, message: str = "", stairs: Any = frozenset()) -> Scene:
    chars = np.array([[ord(c) for c in row] for row in rows], dtype=np.uint8)
    words: Any = np.zeros((*chars.shape, 80), dtype=np.uint8)
    for index, char in np.ndenumerate(chars):
        text = NAMES[chr(char)].encode()
        words[index][: len(text)] = list(text)
    (row, column), *_ = np.argwhere(chars == ord("@"))
    said = np.zeros(256, dtype=np.uint8)
    said[: len(message)] = list(message.encode())
    blstats = np.array([column, row])
    return Scene(
        {"chars": chars, "screen_descriptions": words, "blstats": blstats, "message": said}, stairs
    )


def test_stairs_under_the_player_are_remembered() -> None:
    assert scene("|.@|").stairs_distance() == FARTHEST
    assert scene("|.@|", stairs={(0, 2)}).stairs_distance() == 0
    assert scene("|@.|", stairs={(0, 2)}).stairs_distance() == FARTHEST  # it would show itself


def test_things_stand_where_they_are() -> None:
    seen = scene("|...>", "|@..|", "|..d|", message="It is dark.")
    assert seen.things() == [(2, "jackal", 1, 2), (3, "staircase down", -1, 3)]
    assert seen.stairs_distance() == 3
    lines = seen.sentence().split("\n")
    assert lines[0] == "It is dark."
    assert lines[1] == "You see: jackal (1 south, 2 east), staircase down (1 north, 3 east)."
    assert lines[2] == (
        "Floor of a room: north, east, south, northeast, southeast. "
        "Wall: west, southwest, northwest."
    )


def test_nothing_in_sight() -> None:
    seen = scene("   ", " @.", "   ")
    assert seen.stairs_distance() == FARTHEST
    assert "nothing of note" in seen.sentence()


def test_the_player_walks_round_a_wall() -> None:
    assert direction(scene("@|>", ".|.", "...")) == "south"
    assert direction(scene("..>", "@||", "...")) == "northeast"


def test_nobody_goes_diagonally_through_a_door() -> None:
    assert direction(scene("|+|", "@.|", "|>|")) == "southeast"
    assert direction(scene("|>|", "|+|", "@.|")) == "east"


def test_without_stairs_it_looks_where_nobody_has_been() -> None:
    assert direction(scene("|||||", "|@...", "|||||")) == "east"
    assert direction(scene("|||", "|@|", "|||")) is None
    assert direction(scene("|||||", "|@.. ", "|||||")) == "east"
    assert direction(scene("|||||", "|@.. ", "|||||"), {(1, 3)}) is None
