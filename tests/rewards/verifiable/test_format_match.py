import time

import numpy as np
import pytest

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.verifiable.format_match import has_tags

GOOD = "<think>a\nb</think>\n<answer>c</answer>"


@pytest.mark.parametrize(
    ("text", "has"),
    [
        (GOOD, True),
        (GOOD + "!", False),
        ("so " + GOOD, False),
        (GOOD + GOOD, False),
        ("<answer>c</answer><think>a</think>", False),
        ("<think>a<answer>c</think></answer>", False),
        ("<think>a</think>", False),
        ("</think><think><answer></answer>", False),
        ("", False),
    ],
)
def test_tags_stand_once_in_order_with_nothing_outside(text, has):
    assert has_tags(text, ("think", "answer")) is has


def test_forms_by_tags_and_by_pattern(read, turns):
    lines = [f"  {GOOD}\n", "c", ""]
    for formula in (
        "format_match(action, tags=('think', 'answer'))",
        r"format_match(action, pattern='<think>.*</think>\s*<answer>.+</answer>')",
    ):
        np.testing.assert_array_equal(read(formula).step(turns(*lines)).total, [1, 0, 0])


def test_a_hostile_text_is_answered_soon_and_a_huge_one_has_no_form(read, turns):
    stack = read("format_match(action, pattern='(a+)+b')")
    start = time.perf_counter()
    paid = stack.step(turns("a" * 50_000, "a" * 49_999 + "b", "a" * 60_000 + "b")).total
    assert paid.tolist() == [0, 1, 0]
    assert time.perf_counter() - start < 3.0


@pytest.mark.parametrize("options", ["", ", pattern='a', tags=('b',)", ", tags=('<b>',)"])
def test_either_a_pattern_or_names_of_tags(read, options):
    with pytest.raises(ConfigError, match="format_match"):
        read(f"format_match(action{options})")
