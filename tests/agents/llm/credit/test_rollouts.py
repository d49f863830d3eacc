import numpy as np
import pytest

from rewardsmith.agents.llm.credit import credit, returns_to_go
from rewardsmith.agents.llm.credit.rollouts import label_moments, make_rollouts, standardised
from rewardsmith.agents.llm.record import Episode, Turn
from rewardsmith.errors import ConfigError, NonFiniteRewardError


def episode(*rewards):
    return Episode(tuple(Turn(t, "line", t, t + 1, float(r)) for t, r in enumerate(rewards)))


def test_returns_to_go_by_hand():
    found = returns_to_go(np.array([[1.0, 2.0, 4.0], [8.0, 0.0, 0.0]]), 0.5)
    assert found.tolist() == [[3.0, 4.0, 4.0], [8.0, 0.0, 0.0]]


def test_returns_to_go_leaves_its_argument_alone():
    rewards = np.ones((1, 3))
    returns_to_go(rewards, 1.0)
    assert rewards.tolist() == [[1.0, 1.0, 1.0]]


def test_moments_of_labels_by_hand():
    means, deviations = label_moments(np.array([1.0, 3.0, 7.0]), np.array([1, 1, 0]))
    assert means.tolist() == [2.0, 2.0, 7.0]
    assert deviations == pytest.approx([2**0.5, 2**0.5, 0.0])
    assert label_moments(np.array([1.0, 3.0]), np.array([0, 0]), ddof=0)[1].tolist() == [1.0, 1.0]


def test_scales_by_hand():
    values, labels = np.array([0.0, 2.0, 10.0, 10.0]), np.array([0, 0, 1, 1])
    none = standardised(values, labels, scale="none")
    assert none.tolist() == [-1.0, 1.0, 0.0, 0.0]
    group = standardised(values, labels, epsilon=0.5)
    assert group == pytest.approx([-1 / (2**0.5 + 0.5), 1 / (2**0.5 + 0.5), 0, 0])
    batch = standardised(values, labels, scale="batch", epsilon=0.0)
    assert batch == pytest.approx(none / np.std(values, ddof=1))


def test_padding_and_groups_of_any_number_in_any_order():
    made = make_rollouts([episode(1, 2), episode(3), episode(4), episode(5, 6, 7)], [9, -2, 9, -2])
    assert made.rewards.tolist() == [[1, 2, 0], [3, 0, 0], [4, 0, 0], [5, 6, 7]]
    assert made.alive.sum(axis=1).tolist() == [2, 1, 1, 3]
    assert made.group.tolist() == [1, 0, 1, 0]
    assert made.turn_group.tolist() == [1, 1, 0, 1, 0, 0, 0]
    assert made.group_sums(made.rewards).tolist() == [[8, 6, 7], [5, 2, 0]]
    assert [a.tolist() for a in made.split(made.rewards)] == [[1, 2], [3], [4], [5, 6, 7]]


@pytest.mark.parametrize(
    ("episodes", "group", "words"),
    [
        ([], [], "0 episodes"),
        ([episode(1), episode(1)], [0], "1 group numbers"),
        ([episode(1), episode(1), episode(1)], [4, 4, 7], "group 7 with one; set num_generations"),
        ([episode(1), Episode(())], [0, 0], "empty one at position 1"),
    ],
)
def test_batches_that_cannot_be_credited(episodes, group, words):
    with pytest.raises(ConfigError, match=words):
        credit(episodes, group)


@pytest.mark.parametrize("reward", [float("nan"), float("inf")])
@pytest.mark.parametrize("method", ["turn", "trajectory"])
def test_rewards_that_are_no_numbers(method, reward):
    with pytest.raises(NonFiniteRewardError, match="at turn 1 of episode 1"):
        credit([episode(0), episode(0, reward)], [0, 0], method=method)
