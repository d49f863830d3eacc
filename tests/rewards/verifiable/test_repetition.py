import numpy as np
import pytest

from rewardsmith.errors import ConfigError


def test_the_share_of_ngrams_that_come_again(read, turns):
    # pairs of "a b a b a": ab ba ab ba, 2 distinct of 4; case does not count
    stack = read("repetition_penalty(action, n=2, most=3)")
    lines = ["a b A b a", "a b c", "a", ""]
    np.testing.assert_allclose(stack.step(turns(*lines)).total, [-1.5, 0, 0, 0])


def test_a_huge_text_is_read(read, turns):
    stack = read("repetition_penalty(action, n=1)")
    assert stack.step(turns("a " * 1_000_000)).total[0] == pytest.approx(-1, abs=1e-4)


def test_wrong_options_name_the_term(read):
    with pytest.raises(ConfigError, match="n of repetition_penalty"):
        read("repetition_penalty(action, n=0)")
