import numpy as np
import pytest

from rewardsmith.errors import ConfigError


def paid(stack, group):
    return [float(p.total[-1]) for p in stack.finish_group(group)]


def test_a_reward_that_prefers_the_right_is_trusted(read, turns):
    group = [turns("a", x=0.9, success=True), turns("a", x=0.4)]
    np.testing.assert_allclose(paid(read("trust(x, success)"), group), [0.9, 0.4])


def test_one_that_prefers_the_wrong_is_discounted(read, turns):
    # means: right 0.2, wrong (0.7 + 0.9) / 2 = 0.8, gamma = exp(-0.6)
    group = [turns("a", x=0.2, success=True), turns("a", x=0.7), turns("a", x=0.9)]
    np.testing.assert_allclose(
        paid(read("trust(x, success)"), group), np.exp(-0.6) * np.array([0.2, 0.7, 0.9])
    )


@pytest.mark.parametrize("success", [True, False])
def test_where_nothing_tells_nothing_is_paid(read, turns, success):
    group = [turns("a", x=1, success=success)] * 2
    assert paid(read("trust(x, success)"), group) == [0, 0]


def test_it_fades_with_the_training_clock(read, turns):
    stack = read("trust(x, success, steps=4)")
    group = [turns("a", x=1, success=True), turns("a", x=0)]
    assert paid(stack, group) == [1, 0]
    stack.update(turns("a", "b"))
    np.testing.assert_allclose(paid(stack, group), [np.exp(-0.5), 0])


def test_wrong_options_name_the_term(read):
    with pytest.raises(ConfigError, match="steps of trust"):
        read("trust(x, success, steps=-1)")
