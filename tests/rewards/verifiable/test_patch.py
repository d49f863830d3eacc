import time

import numpy as np
import pytest

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.verifiable.patch import similarity


def test_the_ratio_of_difflib_by_hand():
    # "abcd" and "bcde" share "bcd": 2 * 3 / 8
    assert similarity("abcd", "bcde") == pytest.approx(0.75)
    assert similarity("same", "same") == 1.0


def test_patches_in_their_tag_and_wrong_formats(read, turns):
    stack = read("patch_similarity(action, answer)")
    lines = [
        "<think>a</think><solution>bcde</solution>",
        "bcde",
        "<solution></solution>",
        "<solution>abcd</solution><solution>abcd</solution>",
        "",
    ]
    paid = stack.step(turns(*lines, answer="abcd")).total
    np.testing.assert_allclose(paid, [0.75, -1, -1, -1, -1])
    whole = read("patch_similarity(action, answer, tag='')")
    np.testing.assert_allclose(whole.step(turns("bcde", "", answer="abcd")).total, [0.75, -1])


def test_coarser_parts_are_compared_where_characters_are_too_many():
    # 1000 x 1000 equal characters are too many pairs; two words, of which one agrees, are not
    assert similarity("a" * 1000 + " b", "a" * 1000 + " c") == pytest.approx(0.5)


@pytest.mark.parametrize("text", ["a" * 100_000, "x\n" * 50_000, "ab " * 30_000, "b" * 200_000])
def test_hostile_patches_end_soon(text):
    start = time.perf_counter()
    similarity(text, text[1:])
    assert time.perf_counter() - start < 3.0


def test_what_is_too_long_even_in_lines_is_a_wrong_format():
    assert similarity("x\n" * 40_000, "x\n" * 40_000) is None


def test_a_tag_is_a_name(read):
    with pytest.raises(ConfigError, match="patch_similarity"):
        read("patch_similarity(action, answer, tag='<a>')")
