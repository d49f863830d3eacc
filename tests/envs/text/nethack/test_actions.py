from __future__ import annotations

import enum

import pytest

from rewardsmith.envs.text.nethack.actions import ANSWERS, Vocabulary, spread


class CompassDirection(enum.IntEnum):
    N = ord("k")
    E = ord("l")


class CompassDirectionLonger(enum.IntEnum):
    N = ord("K")


class Command(enum.IntEnum):
    EAT = ord("e")
    KICK = 4
    PICKUP = ord(",")


KEYS = (CompassDirection.N, CompassDirection.E, CompassDirectionLonger.N, *Command, *ANSWERS)
F, ESC = 6 + 5, 6 + 52  # f is the 6th letter; escape follows the 52 letters


@pytest.fixture
def words() -> Vocabulary:
    return Vocabulary(KEYS)


def test_words_of_the_keys(words: Vocabulary) -> None:
    assert words.listed(None) == ["north", "east", "far north", "eat", "kick", "pick up"]


@pytest.mark.parametrize(
    ("line", "asked", "keys"),
    [
        ("north", False, [0]),
        ("  Far   North ", False, [2]),
        ("pick up", False, [5]),
        ("kick east", False, [4, 1]),
        ("eat f", False, [3, F]),
        ("f", True, [F]),
        ("east", True, [1]),
        ("escape", True, [ESC]),
        ("f", False, []),  # a letter alone answers nothing
        ("eat f", True, []),
        ("far north", True, []),
        ("fly", False, []),
        ("eat fg", False, []),
        ("northwest", False, []),  # this game has no such key
    ],
)
def test_keys_of_a_line(words: Vocabulary, line: str, asked: bool, keys: list[int]) -> None:
    assert words.keys(line, asked) == keys


def test_answers_to_a_question_are_listed(words: Vocabulary) -> None:
    assert words.listed("What do you want to eat? [f-h or ?*]") == ["f", "g", "h", "escape"]
    assert words.listed("In what direction?") == ["north", "east", "escape"]
    assert words.listed("Really attack? [yn] (n)") == ["y", "n", "escape"]
    assert spread("$a-cX") == ["a", "b", "c", "X"]
