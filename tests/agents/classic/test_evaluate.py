import random

import gymnasium as gym
import numpy as np
import pytest
import torch

from rewardsmith.agents.classic.evaluate import FIRST_SEED, Evaluator, make_bare, success_of
from rewardsmith.agents.classic.settings import make_spec


class Constant:
    """A policy that always takes one action, and remembers what it saw."""

    def __init__(self, action):
        self.action, self.seen = action, []

    def predict(self, obs, deterministic):
        self.seen.append((np.array(obs), deterministic))
        torch.rand(1), np.random.rand(), random.random()
        return np.full(len(obs), self.action), None


def by_hand(env_id, seeds, action):
    """Returns of a constant policy, episode by episode, with nothing of ours in between."""
    env = gym.make(env_id)
    lengths = []
    for seed in seeds:
        env.reset(seed=seed)
        done, length = False, 0
        while not done:
            _, _, terminated, truncated, _ = env.step(action)
            done, length = terminated or truncated, length + 1
        lengths.append(length)
    env.close()
    return lengths


@pytest.mark.parametrize("reward", ["env", "100*env + 7"])
def test_return_is_the_envs_own_whatever_the_reward(reward):
    spec = make_spec("rewardsmith/CartPole-v0", reward=reward, eval_episodes=23)
    evaluator = Evaluator(spec)
    result = evaluator.run(Constant(1))
    lengths = by_hand("CartPole-v1", range(FIRST_SEED, FIRST_SEED + 23), 1)
    assert result.env_return == pytest.approx(np.mean(lengths))
    assert result.length == pytest.approx(np.mean(lengths))
    assert (result.success, result.episodes) == (0.0, 23)
    assert evaluator.run(Constant(1)) == result
    evaluator.close()


def test_no_reward_is_around_the_evaluated_env():
    env = make_bare(make_spec("rewardsmith/CartPole-v0", reward="env - 5"))
    env.reset(seed=0)
    _, reward, _, _, info = env.step(0)
    assert reward == 1.0
    assert not [k for k in info if k.startswith("reward_")]
    env.close()


def test_the_time_limit_holds():
    # Pendulum never ends by itself
    evaluator = Evaluator(make_spec("rewardsmith/Pendulum-v0", eval_episodes=2))

    class Still(Constant):
        def predict(self, obs, deterministic):
            return np.zeros((len(obs), 1), dtype=np.float32), None

    assert evaluator.run(Still(0)).length == 200
    evaluator.close()


def test_observations_reach_the_policy_normalised_and_training_goes_on_undisturbed():
    evaluator = Evaluator(make_spec("rewardsmith/CartPole-v0", eval_episodes=3))
    policy = Constant(0)
    random.seed(0), np.random.seed(0), torch.manual_seed(0)
    evaluator.run(policy, normalize=lambda obs: obs * 0)
    drawn = random.random(), np.random.rand(), torch.rand(1).item()
    random.seed(0), np.random.seed(0), torch.manual_seed(0)
    assert drawn == (random.random(), np.random.rand(), torch.rand(1).item())
    assert policy.seen[0][0].shape == (3, 4)
    assert not np.any(policy.seen[0][0])
    evaluator.close()


class Spec:
    reward_threshold = 10.0


@pytest.mark.parametrize(
    ("info", "spec", "env_return", "expected"),
    [
        ({"is_success": True}, None, 0.0, 1.0),
        ({"is_success": False}, Spec(), 99.0, 0.0),
        ({}, Spec(), 10.0, 1.0),
        ({}, Spec(), 9.99, 0.0),
        ({}, None, 10.0, None),
    ],
)
def test_the_envs_word_counts_then_its_threshold_then_nothing(info, spec, env_return, expected):
    assert success_of(info, spec, env_return) == expected


def test_a_strangers_env_without_threshold_has_no_success():
    evaluator = Evaluator(make_spec("CliffWalking-v1", eval_episodes=1, env_kwargs={}))
    # up, along the cliff, down to the goal: 13 steps of -1 (Sutton and Barto, example 6.6)
    path = iter([0] + [1] * 11 + [2])

    class Walk(Constant):
        def predict(self, obs, deterministic):
            return np.array([next(path)]), None

    result = evaluator.run(Walk(0))
    assert (result.success, result.env_return, result.length) == (None, -13.0, 13.0)
    evaluator.close()
