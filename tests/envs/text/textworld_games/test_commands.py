from __future__ import annotations

import pytest

from rewardsmith.envs.text.textworld_games.commands import clean, normalise, playable, refused


@pytest.mark.parametrize("line", ["go north", "Take  COIN", "l", "pick up the coin", "n"])
def test_commands_of_known_verbs_are_playable(line: str) -> None:
    assert playable(normalise(line))


NOT_MOVES = ("quit", "restart", "save", "undo", "tw-trace-actions", "\u00e9", "")
CHAINS = ("look. quit", "look then quit", "take coin, quit", "take coin and go north")


@pytest.mark.parametrize("line", [*NOT_MOVES, *CHAINS])
def test_what_steers_the_interpreter_is_not(line: str) -> None:
    assert not playable(normalise(line))


def test_a_second_line_becomes_part_of_the_first() -> None:
    assert normalise("look\nquit") == "look quit"


def test_clean_cuts_prompt_status_and_end_menu() -> None:
    status = "\n\n>" + " " * 40 + "-= Dish-Pit =-0/5"
    assert clean("\nYou can't go that way." + status) == "You can't go that way."
    assert clean("\n*** The End ***\n\n\nWould you like to RESTART, QUIT?\n>   -= Hut =-1/2") == (
        "*** The End ***"
    )


def test_clean_keeps_a_sign_inside_the_text() -> None:
    assert clean("a > b\n-= Hut =-\nA hut.") == "a > b\n-= Hut =-\nA hut."


def test_refused_reads_the_parser() -> None:
    assert refused("That's not a verb I recognise.")
    assert refused("Which do you mean, the locker or the type 0 locker?")
    assert not refused("You can't go that way.")
