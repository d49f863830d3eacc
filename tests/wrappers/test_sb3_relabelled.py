from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3 import DQN
from stable_baselines3.common.vec_env import DummyVecEnv, VecFrameStack

from rewardsmith.errors import BindingError, ConfigError, PlaceError
from rewardsmith.wrappers import RewardDictReplayBuffer, RewardReplayBuffer, RewardVecEnv

FORMULA = "env + potential(place)"


def buffer_of(env: Any, size: int = 20, **options: Any) -> RewardReplayBuffer:
    given: dict[str, Any] = {"env": env, "n_steps": 2, "gamma": 0.5, **options}
    return RewardReplayBuffer(
        size, env.observation_space, env.action_space, "cpu", n_envs=env.num_envs, **given
    )


def store(env: Any, buffer: Any, actions: list[int]) -> None:
    """Take these steps in all envs and store them as SB3 does."""
    before = env._obs if env._obs is not None else env.reset()
    for action in actions:
        sent = np.full(env.num_envs, action)
        obs, rewards, dones, infos = env.step(sent)
        after = obs.copy()
        for i in np.flatnonzero(dones):
            after[i] = infos[i]["terminal_observation"]
        buffer.add(before, after, sent, rewards, dones, infos)
        before = obs


def sampled(buffer: Any, rows: list[int]) -> Any:
    return buffer._get_samples(np.array(rows))


def test_two_steps_of_a_potential_telescope(chains):
    env = RewardVecEnv(chains(), FORMULA, gamma=0.5)
    buffer = buffer_of(env)
    store(env, buffer, [1, 1, 1])
    buffer.rewards[:3] = np.nan  # all that a batch reads is worked out anew
    batch = sampled(buffer, [0, 1, 2])
    # env's two steps + gamma^2 Phi(s_{t+2}) - Phi(s_t), Phi = 0 at the goal:
    # 0 + 1/4*2 - 0; 1/2*1 + 0 - 1; the goal is one step away: 1 + 0 - 2
    assert batch.rewards[:, 0].tolist() == [0.5, -0.5, -1.0]
    assert batch.next_observations[:, 0].tolist() == [2.0, 3.0, 3.0]
    assert batch.discounts[:, 0].tolist() == [0.25, 0.25, 0.5]
    assert batch.dones[:, 0].tolist() == [0.0, 1.0, 1.0]


def test_rows_ahead_are_fresh_too_and_no_row_that_is_not_there(chains):
    # log(0), of rows that hold nothing yet, would be refused.
    env = RewardVecEnv(chains(2), "linear(1, 0, steps=100)*log(next(place))", gamma=0.5)
    buffer = buffer_of(env, n_steps=3)
    store(env, buffer, [1, 1, 1])
    env.stack.clock.steps = 50
    # The places reached are 1, 2 and 3; the weight is 1/2 by now.
    two, three = np.log(2) / 2, np.log(3) / 2
    np.testing.assert_allclose(
        sampled(buffer, [0, 1, 2]).rewards[:, 0],
        [0 + two / 2 + three / 4, two + three / 2, three],
        rtol=1e-6,
    )


def test_a_ring_that_wraps_stops_at_the_newest_step(chains):
    env = RewardVecEnv(chains(), "env + next(place)", gamma=0.5)
    buffer = buffer_of(env, size=4)
    store(env, buffer, [1, 1, 1, 1, 1])  # the rows hold steps 4, 1, 2, 3 (counted from 0)
    batch = sampled(buffer, [3, 0, 1, 2])
    # places reached in steps 3, 4, 1, 2: 1, 2, 2, 3 (+1 from env); step 4 is the newest
    assert batch.rewards[:, 0].tolist() == [1 + 0.5 * 2, 2.0, 2 + 0.5 * 4, 4.0]


def test_one_step_leaves_the_discount_to_the_learner(chains):
    env = RewardVecEnv(chains(), FORMULA, gamma=0.5)
    buffer = buffer_of(env, n_steps=1)
    store(env, buffer, [1, 1, 1])
    batch = sampled(buffer, [0, 1, 2])
    assert batch.discounts is None
    assert batch.rewards[:, 0].tolist() == [0.5, 0.0, -1.0]


def test_a_learner_trains_on_it(chains):
    env = RewardVecEnv(chains(2, limit=6), FORMULA, gamma=0.5)
    model = DQN(
        "MlpPolicy",
        env,
        gamma=0.5,
        buffer_size=40,
        learning_starts=10,
        seed=0,
        device="cpu",
        replay_buffer_class=RewardReplayBuffer,
        replay_buffer_kwargs={"env": env, "n_steps": 3, "gamma": 0.5},
    )
    model.learn(40)
    batch = model.replay_buffer.sample(64)
    here, there, over = batch.observations, batch.next_observations, batch.dones
    phi = torch.where(there == 3, 0.0, there)
    # The goal pays 1 in the last of k steps; k follows from the discount 1/2^k of the batch.
    own = over * batch.discounts * 2
    expected = own + batch.discounts * phi - here
    torch.testing.assert_close(batch.rewards, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("n_steps", [1, 3])
def test_another_discount_is_refused(chains, n_steps):
    env = RewardVecEnv(chains(), FORMULA, gamma=0.99)
    with pytest.raises(BindingError, match=r"0\.99.*gamma=0\.5 in RewardReplayBuffer"):
        buffer_of(env, n_steps=n_steps)
    with pytest.raises(BindingError, match=r"\[0, 1\]. Received '0.99'"):
        buffer_of(env, n_steps=n_steps, gamma="0.99")


def test_refusals(chains):
    env = RewardVecEnv(chains(), FORMULA, gamma=0.5)
    with pytest.raises(PlaceError, match="n_steps=3 without"):
        buffer_of(env, n_steps=3, gamma=None)
    for wrong in (0, 2.5, "3", True):
        with pytest.raises(ConfigError, match="whole number"):
            buffer_of(env, n_steps=wrong)
    goal = RewardVecEnv(chains(1, 5, "goal"), "env", gamma=0.5)
    spaces = goal.observation_space, goal.action_space
    with pytest.raises(PlaceError, match="no n-step returns for dictionary"):
        RewardDictReplayBuffer(10, *spaces, "cpu", env=goal, n_steps=3, gamma=0.5)


def test_a_loaded_buffer_checks_its_new_env(chains):
    buffer = buffer_of(RewardVecEnv(chains(), FORMULA, gamma=0.5))
    with pytest.raises(BindingError, match=r"0\.99.*0\.5"):
        buffer.set_env(RewardVecEnv(chains(), FORMULA, gamma=0.99))


class Pictures(gym.Env[Any, int]):
    """Shows another picture at every step, channels last."""

    observation_space = spaces.Box(0, 255, (36, 40, 3), np.uint8)
    action_space = spaces.Discrete(2)
    shown = 0

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        return self._next(), {}

    def step(self, action: int) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        return self._next(), 0.0, False, False, {}

    def _next(self) -> Any:
        self.shown += 1
        picture = np.zeros((36, 40, 3), np.uint8)
        picture[self.shown, 0, 0] = 1
        return picture


@pytest.mark.parametrize("encoder", ["image", "flat"])
def test_pictures_that_sb3_stores_channels_first_are_the_ones_that_were_counted(
    encoder: str,
) -> None:
    env = RewardVecEnv(DummyVecEnv([Pictures]), f"count(encoder='{encoder}')", gamma=0.9)
    kept = {"env": env}
    model = DQN(
        "CnnPolicy", env, gamma=0.9, buffer_size=20, learning_starts=1000, device="cpu",
        replay_buffer_class=RewardReplayBuffer, replay_buffer_kwargs=kept,
    )  # fmt: skip
    model.learn(10)
    buffer: Any = model.replay_buffer
    assert buffer.observations.shape == (20, 1, 3, 36, 40)
    paid = buffer._get_samples(np.arange(10)).rewards.numpy()[:, 0]
    assert paid == pytest.approx(np.full(10, 2**-0.5))  # each was seen once, and is seen again


@pytest.mark.parametrize("reward", ["env + next(obs[0])", "env + obs[2]", "rnd(warmup=1000)"])
def test_frames_stacked_outside_the_reward_do_not_reach_it(reward: str) -> None:
    env = RewardVecEnv(
        DummyVecEnv([lambda: gym.make("CartPole-v1")] * 2), reward, gamma=0.9, training=False
    )
    stacked = VecFrameStack(env, 3)
    model = DQN(
        "MlpPolicy", stacked, gamma=0.9, buffer_size=40, learning_starts=1000, device="cpu",
        replay_buffer_class=RewardReplayBuffer, replay_buffer_kwargs={"env": stacked},
    )  # fmt: skip
    model.learn(20)
    buffer: Any = model.replay_buffer
    paid = buffer.rewards[:10].copy()
    buffer._refresh(np.repeat(np.arange(10), 2), np.tile([0, 1], 10))
    assert buffer.rewards[:10] == pytest.approx(paid)
