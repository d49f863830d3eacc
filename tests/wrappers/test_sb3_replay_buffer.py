from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from stable_baselines3 import DQN, SAC
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

import rewardsmith
from rewardsmith.errors import BindingError, PlaceError
from rewardsmith.wrappers import (
    RewardDictReplayBuffer,
    RewardHerReplayBuffer,
    RewardReplayBuffer,
    RewardVecEnv,
)

FORMULA = "env + potential(place)"


def learner(env: Any, **options: Any) -> DQN:
    settings: dict[str, Any] = {
        "buffer_size": 60,
        "learning_starts": 1000,
        "gamma": 0.5,
        "seed": 0,
        "device": "cpu",
        "replay_buffer_class": RewardReplayBuffer,
        "replay_buffer_kwargs": {"env": env},
    }
    return DQN("MlpPolicy", env, **{**settings, **options})


def sampled(buffer: Any, rows: list[int], env: Any = None) -> Any:
    """The rewards of these rows as a batch would hold them (one env)."""
    return buffer._get_samples(np.array(rows), env=env).rewards.numpy()[:, 0]


@pytest.mark.parametrize("bootstraps", [True, False])
@pytest.mark.parametrize("n", [1, 3])
def test_a_reward_that_stays_is_relabelled_as_it_was_paid(chains, n, bootstraps):
    env = RewardVecEnv(
        chains(n, limit=4),
        "env + potential(place) + 0.1*t*place + 0.2*obs[0]*action",
        gamma=0.5,
        bootstraps_on_truncation=bootstraps,
    )
    kwargs = {"env": env, "handle_timeout_termination": bootstraps}
    model = learner(env, buffer_size=20 * n, replay_buffer_kwargs=kwargs)
    paid = []
    model.learn(20 * n, callback=lambda found, _: paid.append(found["rewards"].copy()) or True)
    buffer = model.replay_buffer
    assert buffer.timeouts.sum() > 0 or not bootstraps
    stored = np.array(paid)
    buffer.rewards[:] = np.nan  # whatever a batch holds has been worked out anew
    buffer._get_samples(np.arange(20))
    np.testing.assert_allclose(buffer.rewards, stored, atol=1e-6)


def test_an_annealed_reward_is_fresh_in_every_batch(chains):
    env = RewardVecEnv(chains(), "linear(1, 0, steps=100)*next(place)", gamma=0.5)
    model = learner(env)
    env.reset()
    for _ in range(3):
        store(env, model.replay_buffer, 1)
    # Paid at clocks 0, 1, 2: weights 1, 0.99, 0.98 on the places 1, 2, 3.
    np.testing.assert_allclose(model.replay_buffer.rewards[:3, 0], [1.0, 1.98, 2.94], rtol=1e-6)
    env.stack.clock.steps = 50
    np.testing.assert_allclose(sampled(model.replay_buffer, [0, 1, 2]), [0.5, 1.0, 1.5])
    env.stack.clock.steps = 200
    assert sampled(model.replay_buffer, [2, 1]).tolist() == [0.0, 0.0]


def store(env: Any, buffer: Any, action: int) -> None:
    before = env._obs
    obs, rewards, dones, infos = env.step(np.array([action]))
    after = obs.copy()
    if dones[0]:
        after[0] = infos[0]["terminal_observation"]
    buffer.add(before, after, np.array([action]), rewards, dones, infos)


def test_training_on_it(chains):
    env = RewardVecEnv(chains(2, limit=6), FORMULA, gamma=0.5)
    model = learner(env, learning_starts=10)
    model.learn(40)
    batch = model.replay_buffer.sample(64)
    here, there = batch.observations.numpy()[:, 0], batch.next_observations.numpy()[:, 0]
    expected = (there == 3) + 0.5 * np.where(there == 3, 0.0, there) - here
    np.testing.assert_allclose(batch.rewards.numpy()[:, 0], expected, atol=1e-6)


def test_normalized_rewards_are_scaled_in_the_batch(chains):
    env = VecNormalize(RewardVecEnv(chains(), FORMULA, gamma=0.5), gamma=0.5, norm_obs=False)
    model = learner(env)
    model.learn(20)
    plain = sampled(model.replay_buffer, list(range(20)))
    scaled = sampled(model.replay_buffer, list(range(20)), env)
    np.testing.assert_allclose(scaled, plain / np.sqrt(env.ret_rms.var + env.epsilon), rtol=1e-5)
    assert (plain != 0).any()


def test_dictionary_observations_and_rings_that_wrap(chains):
    env = RewardVecEnv(chains(1, 5, "goal"), "env + potential(-gap)", gamma=0.5)
    model = DQN(
        "MultiInputPolicy",
        env,
        buffer_size=12,
        learning_starts=1000,
        device="cpu",
        replay_buffer_class=RewardDictReplayBuffer,
        replay_buffer_kwargs={"env": env},
    )
    model.learn(30)
    batch = model.replay_buffer.sample(32)
    here, there = (
        o["observation"].numpy()[:, 0] for o in (batch.observations, batch.next_observations)
    )
    # env pays 0 within half a place of 3, else -1; Phi = place - 3, kept at the time limit
    expected = -(np.abs(there - 3) > 0.5).astype(float) + 0.5 * (there - 3) - (here - 3)
    np.testing.assert_allclose(batch.rewards.numpy()[:, 0], expected, atol=1e-6)


def her(env: Any, **options: Any) -> DQN:
    return DQN(
        "MultiInputPolicy",
        env,
        buffer_size=100,
        learning_starts=1000,
        seed=1,
        device="cpu",
        replay_buffer_class=RewardHerReplayBuffer,
        **options,
    )


def test_goals_in_hindsight_change_reward_and_features(chains):
    env = RewardVecEnv(chains(1, 6, "goal"), "env + potential(-gap)", gamma=0.5)
    model = her(env)
    model.learn(60)
    model.replay_buffer.rewards[:] = np.nan  # real and virtual steps are worked out anew
    batch = model.replay_buffer.sample(200)
    goal, here = (batch.observations[k].numpy()[:, 0] for k in ("desired_goal", "observation"))
    there = batch.next_observations["observation"].numpy()[:, 0]
    assert len(set(goal.tolist())) > 1
    own = -(np.abs(there - goal) > 0.5).astype(float)
    expected = own - 0.5 * np.abs(there - goal) + np.abs(here - goal)
    np.testing.assert_allclose(batch.rewards.numpy()[:, 0], expected, atol=1e-6)


def test_hindsight_on_fetch_reach():
    pytest.importorskip("gymnasium_robotics")
    env_id = "rewardsmith/FetchReach-v0"
    bare = DummyVecEnv([partial(rewardsmith.make, env_id) for _ in range(2)])
    env = RewardVecEnv(bare, "env + potential(-10*gripper_to_goal)", gamma=0.9)
    model = SAC(
        "MultiInputPolicy",
        env,
        gamma=0.9,
        buffer_size=400,
        learning_starts=1000,
        device="cpu",
        replay_buffer_class=RewardHerReplayBuffer,
    )
    model.learn(110)
    batch = model.replay_buffer.sample(100)
    before, after = (
        np.linalg.norm(o["achieved_goal"].numpy() - o["desired_goal"].numpy(), axis=1)
        for o in (batch.observations, batch.next_observations)
    )
    expected = -(after > 0.05).astype(float) - 0.9 * 10 * after + 10 * before
    np.testing.assert_allclose(batch.rewards.numpy()[:, 0], expected, atol=1e-4)
    env.close()


def test_features_that_cannot_follow_the_goal_are_refused(chains, monkeypatch):
    env = RewardVecEnv(chains(1, 6, "goal"), "env + potential(-gap)")
    monkeypatch.delattr(type(env.venv.envs[0].unwrapped), "goal_features")
    with pytest.raises(PlaceError, match=r"\['gap'\].*goal_features"):
        her(env)
    her(RewardVecEnv(chains(1, 6, "goal"), "env + step_cost(0.1)"))


def test_a_buffer_from_a_file_needs_its_env_again(chains, tmp_path):
    env = RewardVecEnv(chains(), FORMULA, gamma=0.5)
    model = learner(env)
    model.learn(10)
    model.save_replay_buffer(tmp_path / "replay.pkl")
    expected = sampled(model.replay_buffer, [0, 1, 2, 3])
    model.load_replay_buffer(tmp_path / "replay.pkl")
    with pytest.raises(PlaceError, match="set_env"):
        model.replay_buffer.sample(4)
    model.replay_buffer.set_env(env)
    assert sampled(model.replay_buffer, [0, 1, 2, 3]).tolist() == expected.tolist()


def test_a_hindsight_buffer_from_a_file_goes_on(chains, tmp_path):
    env = RewardVecEnv(chains(1, 6, "goal"), "env + potential(-gap)")
    model = her(env)
    model.learn(12)
    model.save_replay_buffer(tmp_path / "replay.pkl")
    model.load_replay_buffer(tmp_path / "replay.pkl", truncate_last_traj=False)
    model.learn(6, reset_num_timesteps=False)
    assert model.replay_buffer.sample(8).rewards.shape == (8, 1)


def test_refusals(chains):
    env = RewardVecEnv(chains(), FORMULA)
    with pytest.raises(PlaceError, match="DummyVecEnv without one"):
        learner(chains(), replay_buffer_kwargs={"env": chains()})
    with pytest.raises(PlaceError, match="Received no env; pass"):  # SB3 passes none
        learner(env, replay_buffer_kwargs=None)
    with pytest.raises(PlaceError, match="optimize_memory_usage"):
        learner(env, optimize_memory_usage=True)
    with pytest.raises(BindingError, match="handle_timeout_termination=False"):
        learner(env, replay_buffer_kwargs={"env": env, "handle_timeout_termination": False})
    late = RewardVecEnv(chains(), "env + outcome(at_goal, place)", episode_terms="buffer")
    with pytest.raises(PlaceError, match="RewardRolloutBuffer"):
        learner(late)
    with pytest.raises(PlaceError, match="own env"):
        learner(chains(), replay_buffer_kwargs={"env": env}).learn(2)


def test_a_model_is_saved_without_its_envs_and_trains_on(chains, tmp_path):
    env = RewardVecEnv(chains(), FORMULA, gamma=0.5)
    learner(env).save(
        tmp_path / "model.zip", exclude=["replay_buffer_class", "replay_buffer_kwargs"]
    )
    alone = DQN.load(tmp_path / "model.zip", device="cpu")
    assert env.action_space.contains(alone.predict(env.reset()[0])[0])
    parts = {"replay_buffer_class": RewardReplayBuffer, "replay_buffer_kwargs": {"env": env}}
    model = DQN.load(tmp_path / "model.zip", env=env, device="cpu", **parts)
    model.learn(6)
    assert model.replay_buffer.reward_env is env
