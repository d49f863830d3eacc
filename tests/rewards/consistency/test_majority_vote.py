import numpy as np
import pytest

from rewardsmith.errors import ConfigError


def paid(stack, group):
    return [p.total.tolist() for p in stack.finish_group(group)]


def test_the_last_turns_answer_votes_and_is_paid(read, turns):
    group = [turns("it is 3", "no, 7"), turns("\\boxed{7.0}"), turns("8"), turns("I do not know")]
    assert paid(read("majority_vote(action)"), group) == [[0, 1], [1], [0], [0]]


def test_answers_can_be_words(read, turns):
    group = [turns("<answer>Rome</answer>"), turns("<answer> rome </answer>"), turns("Paris")]
    assert paid(read("majority_vote(action, extract='<answer>')"), group) == [[1], [1], [0]]


def test_shares_less_entropy(read, turns):
    stack = read("majority_vote(action, form='share', entropy=0.5)")
    group = [turns("7"), turns("7"), turns("8"), turns("8")]
    np.testing.assert_allclose(paid(stack, group), np.full((4, 1), 0.5 - 0.5 * np.log(2)))


def test_nobody_is_paid_where_too_few_agree_or_answer(read, turns):
    stack = read("majority_vote(action, share=0.6)")
    assert paid(stack, [turns("1"), turns("2"), turns("1"), turns("3")]) == [[0]] * 4
    assert paid(stack, [turns(""), turns("é" * 500_000)]) == [[0]] * 2


def test_alone_an_answer_is_its_own_majority(read, turns):
    assert read("majority_vote(action)").finish(turns("5")).total.tolist() == [1]


def test_wrong_options_and_single_transitions(read, turns):
    with pytest.raises(ConfigError, match=r"form of majority_vote\(...\).*Did you mean 'label'"):
        read("majority_vote(action, form='lable')")
    with pytest.raises(ConfigError, match="share of majority_vote"):
        read("majority_vote(action, share=-1)")
    with pytest.raises(ConfigError, match="finish_group"):
        read("majority_vote(action)").entries[0].term.relabel(turns("5"))
