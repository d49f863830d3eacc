import numpy as np
import pytest

from rewardsmith.errors import ConfigError


@pytest.mark.parametrize(
    ("options", "lines", "paid"),
    [
        ("", ["paris", " Paris ", "Paris!", "", "not Paris"], [1, 1, 0, 0, 0]),
        (", strict=True", ["paris", " Paris "], [0, 1]),
        (", extract='<answer>'", ["<answer>Paris</answer>", "Paris"], [1, 0]),
        (", extract='last_line'", ["Hm.\nParis\n", "Paris\nno"], [1, 0]),
    ],
)
def test_answers_that_are_the_reference(read, turns, options, lines, paid):
    stack = read(f"exact_match(action, answer{options})")
    episode = turns(*lines, answer="Paris")
    np.testing.assert_array_equal(stack.step(episode).total, paid)
    np.testing.assert_array_equal(stack.finish(episode).total, paid)


def test_nothing_matches_an_empty_reference(read, turns):
    assert read("exact_match(action, answer)").step(turns("", " ")).total.tolist() == [0, 0]


def test_huge_and_foreign_texts_are_only_texts(read, turns):
    stack = read("exact_match(action, answer)")
    huge = "é\x00\ud800" * 200_000
    assert stack.step(turns(huge, "e", answer=huge)).total.tolist() == [1, 0]


def test_it_says_where_it_lies_and_that_it_is_biased(read):
    stack = read("exact_match(action, next(answer))")
    assert (stack.guarantee, stack.scope) == ("biased", "step")
    assert stack.needs == {"answer"}


def test_numbers_and_strangers_are_refused(read):
    with pytest.raises(Exception, match=r"exact_match\(\.\.\.\) reads texts. Received 'x'"):
        read("exact_match(action, x)")
    with pytest.raises(ConfigError, match="extract of exact_match"):
        read("exact_match(action, answer, extract='boxd')")
    with pytest.raises(Exception, match="Did you mean 'answer'"):
        read("exact_match(action, anser)")
