import pytest

from rewardsmith.errors import BindingError, ConfigError


def test_the_share_of_ngrams_that_are_ones_own(read, turns):
    stack = read("diversity(action)")
    # {ab, bc}, {ab}, {xy, yz} and nothing
    group = [turns("a b c"), turns("a b"), turns("x y", "y z"), turns("")]
    assert [float(p.total[-1]) for p in stack.finish_group(group)] == [0.5, 0, 1, 0]
    assert stack.finish_group(group)[2].total.tolist() == [0, 1]


def test_alone_everything_is_ones_own(read, turns):
    assert read("diversity(action, n=1)").finish(turns("a b")).total.tolist() == [1]


def test_single_transitions_cannot_be_compared(read, turns):
    stack = read("diversity(action)")
    assert stack.scope == "group"
    assert stack.step(turns("a b", "c d")).total.tolist() == [0, 0]
    with pytest.raises(ConfigError, match="diversity compares whole episodes of one task"):
        stack.entries[0].term.relabel(turns("a b"))


def test_a_place_without_groups_refuses_it(read):
    from rewardsmith import Binding, RewardStack

    schema = read("diversity(action)").binding.schema
    with pytest.raises(BindingError, match="several episodes of the same task"):
        RewardStack.parse("diversity(action)").bind(Binding(schema))
