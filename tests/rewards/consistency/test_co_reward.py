import pytest

from rewardsmith.errors import ConfigError


def paid(stack, group):
    return [float(p.total.sum()) for p in stack.finish_group(group)]


def test_each_wording_is_paid_by_the_others_majority(read, turns):
    # the original says 7, 7, 8; the rephrased 8, 8, 7: labels 7 and 8, crosswise
    said = ["7", "7", "8"], ["8", "8", "7"]
    group = [turns(a, view="original") for a in said[0]]
    group += [turns(a, view="rephrased") for a in said[1]]
    assert paid(read("co_reward(action, view)"), group) == [0, 0, 1, 0, 0, 1]


def test_of_three_wordings_all_others_vote(read, turns):
    group = [turns("1", view="a"), turns("2", view="b"), turns("1", view="c"), turns("1", view="c")]
    assert paid(read("co_reward(action, view)"), group) == [1, 0, 1, 1]


def test_no_answer_agrees_with_nobody(read, turns):
    group = [turns("", view="a"), turns("?", view="b")]
    assert paid(read("co_reward(action, view)"), group) == [0, 0]


def test_one_wording_alone_is_an_error_with_a_remedy(read, turns):
    stack = read("co_reward(action, view)")
    with pytest.raises(ConfigError, match=r"(?s)co_reward.*at least two wordings.*majority_vote"):
        stack.finish_group([turns("1", view="a"), turns("1", view="a")])
    with pytest.raises(ConfigError, match="co_reward"):
        stack.finish(turns("1", view="a"))
