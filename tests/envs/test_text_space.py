from __future__ import annotations

import pickle

import pytest
from gymnasium import spaces

from rewardsmith.envs.text_space import (
    CHARSET,
    at_least_one,
    command_space,
    observation_space,
    one_of,
    printable,
    shortened,
)
from rewardsmith.errors import ConfigError


def test_charset_is_latin_1s_printables_and_line_feed() -> None:
    every = {chr(i) for i in range(256) if chr(i).isprintable()} | {"\n", "\u00ad"}
    assert set(CHARSET) == every


@pytest.mark.parametrize("text", ["", "caf\u00e9\n", "\u2713 tick", "\t\x00\x9f", "x" * 5000])
def test_printable_text_lies_in_the_space(text: str) -> None:
    assert observation_space().contains(printable(text))


def test_printable_keeps_what_it_can() -> None:
    assert printable("caf\u00e9 \u2713\n") == "caf\u00e9 ?\n"


def test_a_command_has_a_character() -> None:
    assert command_space().contains("look")
    assert not command_space().contains("")


def test_a_space_of_text_prints_shortly_and_is_what_it_was() -> None:
    space = command_space(20)
    assert repr(space) == "Text(1, 20, printable Latin-1)"
    assert space == spaces.Text(20, min_length=1, charset=CHARSET)
    twin = pickle.loads(pickle.dumps(space))
    assert (twin, repr(twin)) == (space, repr(space))
    space.seed(0)
    assert space.sample() in space


def test_shortened_is_at_most_forty_characters() -> None:
    assert shortened("look") == "'look'"
    assert len(shortened("z" * 100)) == 42


def test_settings_out_of_range_are_refused() -> None:
    one_of("obs", "text", ("text", "hash"))
    with pytest.raises(ConfigError, match=r"obs is one of .* Received 'bag'"):
        one_of("obs", "bag", ("text", "hash"))
    with pytest.raises(ConfigError, match=r"n must be at least 1\. Received 0"):
        at_least_one(m=1, n=0)
