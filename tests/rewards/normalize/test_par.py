import numpy as np
import pytest

from rewardsmith.errors import ConfigError, NonFiniteRewardError, RewardsmithError


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def paid(stack, group):
    return [float(p.total[-1]) for p in stack.finish_group(group)]


def test_references_of_features_and_numbers(read, turns):
    stack = read("par(x, seconds, 1, k=2)")
    group = [turns("a", "b", x=[1, 2], seconds=4), turns("a", x=0, seconds=0)]
    expected = [(sigmoid(-2) + sigmoid(4)) / 2, (sigmoid(0) + sigmoid(-2)) / 2]
    np.testing.assert_allclose(paid(stack, group), expected)


def test_without_references_the_others_serve(read, turns):
    group = [turns("a", x=v) for v in (0, 1, 3)]
    expected = [
        (sigmoid(-1) + sigmoid(-3)) / 2,
        (sigmoid(1) + sigmoid(-2)) / 2,
        (sigmoid(3) + sigmoid(2)) / 2,
    ]
    np.testing.assert_allclose(paid(read("par(x)"), group), expected)
    assert paid(read("par(x)"), group[:1]) == [0.5]


def test_huge_rewards_do_not_overflow_and_nan_is_named(read, turns):
    assert paid(read("par(x, 0)"), [turns("a", x=1e300), turns("a", x=-1e300)]) == [1, 0]
    with pytest.raises(NonFiniteRewardError, match="par"):
        read("par(x, 0)").finish(turns("a", x=np.nan))


def test_wrong_calls(read):
    with pytest.raises(ConfigError, match="k of par"):
        read("par(x, k=0)")
    with pytest.raises(RewardsmithError, match="next"):
        read("par(x, next(x))")
