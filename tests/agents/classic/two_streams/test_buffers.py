"""Advantages of both streams, worked out by hand.

Two envs, three steps. The first walks 0 -> 1 -> 2, where it terminates and begins again at 0,
and on to 1; the second 4 -> 5 -> 6, where a time limit cuts it, 4 -> 5. The env pays 1 a step,
the intrinsic term the place before the step. V_E(p) = p + 1 and V_I(p) = 4 - p; the extrinsic
stream has gamma = lambda = 1/2, the intrinsic one gamma = 1/4 and lambda = 1.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from stable_baselines3.common.buffers import DictRolloutBuffer, RolloutBuffer

from rewardsmith.agents.classic.two_streams.buffers import (
    TwoStreamDictRolloutBuffer,
    TwoStreamRewardRolloutBuffer,
    TwoStreamRolloutBuffer,
    with_second_stream,
)
from rewardsmith.errors import PlaceError
from rewardsmith.wrappers import RewardRolloutBuffer

HEADS = ((1.0, 1.0), (-1.0, 4.0))
NAMED = {"streams": {"intrinsic": ["value"]}, "gamma_intrinsic": 0.25, "gae_lambda_intrinsic": 1.0}

# First env, last step first:   1 + V(1)/2 - V(0) = 1;  1 - V(1) = -1;  1 + 2/2 - 1 - 1/4 = 3/4.
# Second: 1 + V(5)/2 - V(4) = -1;  1 + V(6)/2 - V(5) = -3/2;  1 + 6/2 - 5 - 3/8 = -11/8.
EXTRINSIC = np.array([[0.75, -1.375], [-1.0, -1.5], [1.0, -1.0]])
INTRINSIC = {
    # An end is no end: after place 1 comes V(0), after place 5 comes V(4).
    # First: 0 + 3/4 - 4 = -13/4;  1 + 4/4 - 3 - 13/16 = -29/16;  0 + 3/4 - 4 - 29/64.
    # Second: 4 - 1/4 - 0 = 15/4;  5 + 0/4 + 1 + 15/16 = 111/16;  4 - 1/4 - 0 + 111/64.
    False: np.array([[-237 / 64, 351 / 64], [-29 / 16, 111 / 16], [-13 / 4, 15 / 4]]),
    # First: -13/4;  1 - 3 = -2;  0 + 3/4 - 4 - 2/4.  Second: 15/4;  5 + V(6)/4 + 1 with
    # V(6) = -2;  4 - 1/4 + 11/8.
    True: np.array([[-15 / 4, 41 / 8], [-2.0, 11 / 2], [-13 / 4, 15 / 4]]),
}
VALUES = np.array([[1.0, 5.0], [2.0, 6.0], [1.0, 5.0]]), np.array([[4.0, 0], [3, -1], [4, 0]])


@pytest.mark.parametrize("episodic", [False, True])
def test_advantages_of_a_termination_and_a_time_limit(walks, learner, keep, episodic):
    given = {**NAMED, "episodic_intrinsic": episodic, "advantage_coef": 2.0}
    learner(walks(), HEADS, **given).learn(6, keep)
    rollout, expected = keep.rollouts[0], INTRINSIC[episodic]
    np.testing.assert_array_equal(rollout["values"], VALUES[0])
    np.testing.assert_array_equal(rollout["values_intrinsic"], VALUES[1])
    np.testing.assert_array_equal(rollout["returns"], EXTRINSIC + VALUES[0])
    np.testing.assert_array_equal(rollout["returns_intrinsic"], expected + VALUES[1])
    np.testing.assert_array_equal(rollout["advantages"], 2 * EXTRINSIC + 0.5 * expected)


@pytest.mark.parametrize("episodic", [False, True])
def test_what_a_time_limit_adds_to_the_rewards(walks, learner, keep, episodic):
    learner(walks(), HEADS, **NAMED, episodic_intrinsic=episodic).learn(6, keep)
    # V_E(6)/2 = 7/2 in the extrinsic stream; V_I(6)/4 = -1/2 in an episodic intrinsic one.
    assert keep.rollouts[0]["rewards"].tolist() == [[1, 1], [1, 4.5], [1, 1]]
    last = 4.5 if episodic else 5
    assert keep.rollouts[0]["rewards_intrinsic"].tolist() == [[0, 4], [1, last], [0, 4]]


def test_a_reward_that_is_all_intrinsic_leaves_exactly_nothing(walks, learner, keep):
    zero = ((0.0, 0.0), (0.0, 0.0))
    learner(walks("value(0.1*obs[0] + 0.7)"), zero, **NAMED).learn(6, keep)
    assert not keep.rollouts[0]["rewards"].any()
    assert keep.rollouts[0]["rewards_intrinsic"][0] == pytest.approx([0.7, 1.1])


def test_samples_hold_both_streams_in_pairs(walks):
    env = walks()
    buffer = TwoStreamRolloutBuffer(
        3, env.observation_space, env.action_space, n_envs=2, device="cpu", gamma=0.5
    )
    zeros = np.zeros(2)
    for step in range(3):
        seen = np.array([[step], [10 + step]], np.float32)
        values = torch.tensor([[step, 100 + step], [10 + step, 110 + step]], dtype=torch.float32)
        buffer.add(seen, zeros, zeros, zeros, values, torch.zeros(2))
    for samples in buffer.get(2):
        assert samples.advantages.shape == (2,)
        expected = torch.cat([samples.observations, samples.observations + 100], dim=1)
        assert torch.equal(samples.old_values, expected.flatten())
        # nothing was worked out yet
        assert torch.equal(samples.returns, torch.zeros(4))


def test_terms_of_episode_scope_are_paid_to_the_extrinsic_stream(walks, learner, keep):
    # Paid at the end of an episode: 10 at each step, if the last place reached is at least 2.
    env = walks("env + obs[0] + outcome(obs[0], value(10), threshold=2)", episode_terms="buffer")
    kind = {"rollout_buffer_class": RewardRolloutBuffer, "rollout_buffer_kwargs": {"env": env}}
    learner(env, HEADS, **NAMED, **kind).learn(6, keep)
    assert keep.rollouts[0]["rewards"].tolist() == [[11, 11], [11, 14.5], [1, 1]]
    assert keep.rollouts[0]["rewards_intrinsic"].tolist() == [[0, 4], [1, 5], [0, 4]]


def test_the_buffer_that_stands_for_another(walks):
    space = walks().observation_space
    assert with_second_stream(None, space) is TwoStreamRolloutBuffer
    assert with_second_stream(RolloutBuffer, space) is TwoStreamRolloutBuffer
    assert with_second_stream(DictRolloutBuffer, space) is TwoStreamDictRolloutBuffer
    assert with_second_stream(RewardRolloutBuffer, space) is TwoStreamRewardRolloutBuffer
    assert with_second_stream(TwoStreamRolloutBuffer, space) is TwoStreamRolloutBuffer


def test_a_buffer_of_another_kind_is_refused(walks):
    class Own(RolloutBuffer):
        pass

    with pytest.raises(PlaceError, match=r"Received 'Own'; leave rollout_buffer_class out"):
        with_second_stream(Own, walks().observation_space)
