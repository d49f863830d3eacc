import numpy as np
import pytest

from rewardsmith.errors import ConfigError


def test_turns_of_a_success_gain_and_of_a_failure_lose(read, turns):
    stack = read("renorm(x, outcome(success, seconds, threshold=1))")
    good = turns(*"abc", x=[0.2, 0.9, 0.5], seconds=[0, 0, 1], success=True)
    bad = turns(*"abc", x=[0.2, 0.9, 0.5], seconds=[0, 0, 1], success=False)
    np.testing.assert_allclose(stack.finish(good).total, [0.2, 0.9, 1])
    np.testing.assert_allclose(stack.finish(bad).total, [-0.8, -0.1, 0])
    paid = stack.finish_group([good, bad])
    np.testing.assert_allclose(paid[1].total, [-0.8, -0.1, 0])


def test_a_group_term_may_be_its_outcome(read, turns):
    stack = read("renorm(x, majority_vote(action))")
    assert stack.scope == "group"
    group = [turns("?", "7", x=0.5), turns("7", x=0.5), turns("8", x=0.5)]
    assert [p.total.tolist() for p in stack.finish_group(group)] == [[0.5, 1], [1], [0]]


def test_it_waits_for_the_episode(read, turns):
    stack = read("renorm(x, x)")
    assert stack.step(turns("a", x=1)).total.tolist() == [0]
    with pytest.raises(ConfigError, match="renorm needs whole episodes"):
        stack.entries[0].term.relabel(turns("a"))
