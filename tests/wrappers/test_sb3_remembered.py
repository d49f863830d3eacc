"""Stored steps keep what terms that remember their episode paid for them."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from stable_baselines3 import DQN, SAC
from stable_baselines3.common.vec_env import DummyVecEnv

from rewardsmith.errors import BindingError
from rewardsmith.transition import stack as joined
from rewardsmith.wrappers import (
    RewardDictReplayBuffer,
    RewardHerReplayBuffer,
    RewardReplayBuffer,
    RewardVecEnv,
)

HALF = 1 / np.sqrt(2)


def learner(env: Any, kind: Any = DQN, buffer: Any = RewardReplayBuffer, **options: Any) -> Any:
    settings: dict[str, Any] = {
        "buffer_size": 40,
        "learning_starts": 10,
        "batch_size": 8,
        "policy_kwargs": {"net_arch": [8]},
        "gamma": 0.5,
        "seed": 0,
        "device": "cpu",
        "replay_buffer_class": buffer,
        "replay_buffer_kwargs": {"env": env},
    }
    policy = "MultiInputPolicy" if buffer is not RewardReplayBuffer else "MlpPolicy"
    return kind(policy, env, **{**settings, **options})


def store(env: Any, buffer: Any, action: int) -> None:
    before = env._obs
    obs, rewards, dones, infos = env.step(np.array([action]))
    after = infos[0]["terminal_observation"][None] if dones[0] else obs.copy()
    buffer.add(before, after, np.array([action]), rewards, dones, infos)


def test_a_stored_step_keeps_its_pay_under_the_weight_of_now(chains: Any) -> None:
    env = RewardVecEnv(
        chains(), "linear(1, 0, steps=100)*episodic_count(place) + next(place)", gamma=0.5
    )
    buffer = learner(env).replay_buffer
    env.reset()
    for action in (1, 0, 1, 1, 1):  # 0 -> 1 -> 0 -> 1 -> 2 -> 3, the goal
        store(env, buffer, action)
    visited = np.array([1, HALF, HALF, 1, 1])  # the pay of n_e, in the order of the steps
    for clock in (50, 80):
        env.stack.clock.steps = clock
        found = buffer._get_samples(np.array([4, 2, 0, 1, 3])).rewards.numpy()[:, 0]
        weight = 1 - clock / 100
        expected = weight * visited[[4, 2, 0, 1, 3]] + np.array([3, 1, 1, 0, 2])
        np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert buffer._remembered["episodic_count"].nbytes == 40 * 8


def test_a_term_of_weight_zero_is_kept_too(chains: Any) -> None:
    env = RewardVecEnv(chains(), "linear(0, 1, steps=10)*episodic_count(place)", gamma=0.5)
    buffer = learner(env).replay_buffer
    env.reset()
    store(env, buffer, 0)  # 0 -> 0: its second visit, paid at weight 0
    env.stack.clock.steps = 10
    assert buffer._get_samples(np.array([0])).rewards[0, 0] == pytest.approx(HALF)


@pytest.mark.parametrize("n_steps", [1, 2])
def test_what_was_paid_is_what_is_sampled(chains: Any, n_steps: int) -> None:
    formula = "env + 0.1*pbim(episodic_count(place)) + 0.2*pseudo_count(place, most=100)"
    env = RewardVecEnv(chains(2, limit=6), formula, gamma=0.5)
    kwargs = {"env": env, "n_steps": n_steps, "gamma": 0.5}
    model = learner(env, replay_buffer_kwargs=kwargs)
    paid: list[Any] = []
    model.learn(32, callback=lambda found, _: paid.append(found["rewards"].copy()) or True)
    model.replay_buffer.rewards[:] = np.nan
    model.replay_buffer._get_samples(np.arange(16))
    np.testing.assert_allclose(model.replay_buffer.rewards[:16], paid, rtol=1e-5, atol=1e-6)


def test_sac_trains_on_it_and_goes_on_from_a_file(tmp_path: Any) -> None:
    formula = "env + 0.1*episodic_count(decimals=0) + 0.1*count(decimals=0)"
    env = RewardVecEnv(DummyVecEnv([lambda: gym.make("Pendulum-v1")]), formula, gamma=0.5)
    model = learner(env, SAC)
    model.learn(30)
    kept = model.replay_buffer._remembered["episodic_count"].copy()
    model.save_replay_buffer(tmp_path / "buffer")
    model.load_replay_buffer(tmp_path / "buffer")
    model.replay_buffer.set_env(env)
    assert np.array_equal(model.replay_buffer._remembered["episodic_count"], kept)
    assert (kept[:30] > 0).all()
    model.replay_buffer._get_samples(np.arange(30))
    other = RewardVecEnv(DummyVecEnv([lambda: gym.make("Pendulum-v1")]), formula + " + grm(1)")
    model.replay_buffer.reward_env = other
    with pytest.raises(BindingError, match=r"grm\(1\).*steps without that of 'grm'"):
        model.replay_buffer._get_samples(np.arange(3))


@pytest.mark.parametrize("buffer", [RewardDictReplayBuffer, RewardHerReplayBuffer])
def test_dictionaries_and_hindsight_keep_it_too(chains: Any, buffer: Any) -> None:
    env = RewardVecEnv(chains(2, 5, "goal"), "env + episodic_count(gap)", gamma=0.5)
    model = learner(env, buffer=buffer)
    model.learn(30)
    assert (model.replay_buffer._remembered["episodic_count"][:15] > 0).all()
    # env pays -1 or 0, the count (0, 1].
    rewards = model.replay_buffer.sample(64).rewards
    assert (rewards > -1).all()
    assert (rewards <= 1).all()


def test_a_place_that_kept_nothing_is_told_what_to_do(chains: Any) -> None:
    env = RewardVecEnv(chains(), "env + episodic_count(place)", gamma=0.5)
    env.reset()
    env.step(np.array([1]))
    step = env.last_transition
    assert env.stack.relabel(step).total.tolist() == [1.0]
    both = joined([step, step])
    assert env.stack.relabel(both.select([1])).total.tolist() == [1.0]
    step.remembered = None
    with pytest.raises(BindingError, match=r"use a replay buffer .* remembered=paid.remembered"):
        env.stack.relabel(step)
