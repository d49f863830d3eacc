from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from stable_baselines3 import A2C, PPO
from stable_baselines3.common.vec_env import VecNormalize

from rewardsmith.errors import BindingError, PlaceError
from rewardsmith.wrappers import RewardDictRolloutBuffer, RewardRolloutBuffer, RewardVecEnv

# At s_t the places are 0, 1, 2: that is what an episode that ends at the goal earns on top.
FORMULA = "env + outcome(at_goal, place)"


def place(venv: Any, formula: str = FORMULA, **options: Any) -> RewardVecEnv:
    return RewardVecEnv(venv, formula, gamma=0.5, episode_terms="buffer", **options)


def buffer_of(env: Any, n_steps: int) -> RewardRolloutBuffer:
    spaces = env.observation_space, env.action_space
    return RewardRolloutBuffer(
        n_steps, *spaces, device="cpu", gamma=0.5, n_envs=env.num_envs, env=env
    )


def collect(env: Any, buffer: Any, actions: list[list[int]]) -> np.ndarray[Any, Any]:
    """Fill one rollout as SB3 does; the rewards of shape (n_steps, n_envs)."""
    buffer.reset()
    zeros, starts = torch.zeros(env.num_envs), np.zeros(env.num_envs)
    for row in actions:
        obs, rewards, dones, _ = env.step(np.array(row))
        buffer.add(obs, np.array(row), rewards, starts, zeros, zeros)
        starts = dones
    return buffer.rewards.copy()


def test_a_finished_episode_is_paid_and_a_running_one_is_not(chains):
    env = place(chains(2))
    env.reset()
    # The first env ends at the goal; the second has turned back and is on its way.
    paid = collect(env, buffer_of(env, 4), [[1, 1], [1, 0], [1, 1], [1, 1]])
    # first: 0, 1, 1 (env) + 2; then a new episode that is still running
    assert paid[:, 0].tolist() == [0.0, 1.0, 3.0, 0.0]
    assert paid[:, 1].tolist() == [0.0, 0.0, 0.0, 0.0]


def test_a_failed_outcome_pays_nothing(chains):
    env = place(chains(1, limit=2))
    env.reset()
    assert collect(env, buffer_of(env, 4), [[1]] * 4)[:, 0].tolist() == [0.0] * 4


def test_advantages_see_the_pay(chains):
    env = place(chains())
    env.reset()
    buffer = buffer_of(env, 3)
    collect(env, buffer, [[1]] * 3)
    buffer.compute_returns_and_advantage(torch.zeros(1), np.array([True]))
    # 0 + 1/2*1 + 1/4*3, 1 + 1/2*3, 3
    assert buffer.returns[:, 0].tolist() == [1.25, 2.5, 3.0]


@pytest.mark.parametrize(
    ("n_steps", "expected"), [(6, [0, 1, 3, 0, 1, 3]), (2, [0, 0, 3, 0, 1, 3]), (1, [0, 0, 3] * 2)]
)
def test_episodes_that_began_in_earlier_rollouts(chains, n_steps, expected):
    env = place(chains())
    env.reset()
    buffer = buffer_of(env, n_steps)
    rollouts = [collect(env, buffer, [[1]] * n_steps) for _ in range(6 // n_steps)]
    # The outcome is that of the whole episode; steps that were learnt from are lost.
    assert np.concatenate(rollouts)[:, 0].tolist() == expected


def test_the_outcome_sees_the_whole_episode(chains):
    env = place(chains(), "env + outcome(place, 1, threshold=3, read='sum')")
    env.reset()
    buffer = buffer_of(env, 1)
    # places reached 1, 2, 3 sum to 6 over three rollouts, though the last alone has 3
    rewards = [collect(env, buffer, [[a]])[0, 0] for a in (1, 1, 1)]
    assert rewards == [0.0, 0.0, 2.0]


def test_sums_at_the_end_include_the_pay(chains):
    env = place(chains(), training=False)
    env.reset()
    infos = [env.step(np.array([1]))[3][0] for _ in range(3)]
    assert infos[2]["reward_episode"]["sum"] == {"env": 1.0, "outcome": 3.0}
    assert infos[2]["reward_episode"]["mean"] == {"env": 1 / 3, "outcome": 1.0}
    # Nothing is left over for the next episode.
    infos = [env.step(np.array([1]))[3][0] for _ in range(3)]
    assert infos[2]["reward_episode"]["sum"] == {"env": 1.0, "outcome": 3.0}


@pytest.mark.parametrize(("algorithm", "options"), [(PPO, {"batch_size": 16}), (A2C, {})])
def test_sb3_trains_on_it_and_adds_the_value_at_a_time_limit(chains, algorithm, options):
    env = place(chains(2, limit=2), "env + outcome(place, 1, threshold=0)")
    model = algorithm(
        "MlpPolicy",
        env,
        n_steps=8,
        gamma=0.5,
        learning_rate=0.0,  # so that the values asked for below are those of the rollout
        device="cpu",
        seed=0,
        rollout_buffer_class=RewardRolloutBuffer,
        rollout_buffer_kwargs={"env": env},
        **options,
    )
    seen = []

    def look(found: dict[str, Any], _: Any) -> bool:
        seen.append((found["rewards"].copy(), found["dones"].copy(), found["infos"]))
        return True

    model.learn(16, callback=look)  # one rollout, its four episodes all cut short
    for t, (paid, dones, infos) in enumerate(seen):
        for i in range(2):
            final = infos[i].get("terminal_observation")
            value = 0.5 * float(value_of(model, final)) if dones[i] else 0.0
            stored = model.rollout_buffer.rewards[t, i]
            assert stored == pytest.approx(paid[i] + 1.0 + value, rel=1e-5)


def value_of(model: Any, obs: Any) -> Any:
    with torch.no_grad():
        return model.policy.predict_values(model.policy.obs_to_tensor(obs)[0])[0, 0]


def test_normalized_rewards_are_scaled_alike(chains):
    env = VecNormalize(place(chains()), gamma=0.5, norm_obs=False)
    env.reset()
    paid = collect(env, buffer_of(env, 3), [[1]] * 3)[:, 0]
    # VecNormalize's statistics moved with each step, so the pay uses those of the last one.
    scale = 1 / np.sqrt(env.ret_rms.var + env.epsilon)
    assert paid[1] == pytest.approx(1.0 * scale, rel=1e-6)
    assert paid[2] == pytest.approx(min(scale, 10.0) + 2.0 * scale, rel=1e-6)


def test_the_inner_env_of_a_normalized_one_is_refused(chains):
    inner = place(chains())
    env = VecNormalize(inner, gamma=0.5, norm_obs=False)
    env.reset()
    buffer = RewardRolloutBuffer(
        3, env.observation_space, env.action_space, device="cpu", gamma=0.5, env=inner
    )
    with pytest.raises(PlaceError, match="outermost"):
        collect(env, buffer, [[1]] * 3)


def test_dictionary_observations(chains):
    env = place(chains(1, limit=2, kind="goal"), "env + outcome(gap < 2, 1)")
    model = PPO(
        "MultiInputPolicy",
        env,
        n_steps=8,
        batch_size=8,
        gamma=0.5,
        device="cpu",
        rollout_buffer_class=RewardDictRolloutBuffer,
        rollout_buffer_kwargs={"env": env},
    )
    model.learn(8)
    assert model.rollout_buffer.full


def test_another_gamma_is_refused(chains):
    env = place(chains())
    with pytest.raises(BindingError, match=r"gamma=0\.5.*gamma=0\.99"):
        PPO(
            "MlpPolicy",
            env,
            device="cpu",
            rollout_buffer_class=RewardRolloutBuffer,
            rollout_buffer_kwargs={"env": env},
        )


def test_an_env_that_withholds_no_terms_is_refused(chains):
    spaces = chains().observation_space, chains().action_space
    with pytest.raises(PlaceError, match="episode_terms='refuse'"):
        RewardRolloutBuffer(4, *spaces, env=RewardVecEnv(chains(), "env"))
    with pytest.raises(PlaceError, match="DummyVecEnv without one"):
        RewardRolloutBuffer(4, *spaces, env=chains())
    with pytest.raises(PlaceError, match=r"no env; pass .*'env': venv"):  # SB3 passes none
        PPO("MlpPolicy", place(chains()), rollout_buffer_class=RewardRolloutBuffer, device="cpu")


def test_a_model_is_saved_without_its_envs_and_trains_on(chains, tmp_path):
    env = place(chains())
    parts: dict[str, Any] = {
        "rollout_buffer_class": RewardRolloutBuffer,
        "rollout_buffer_kwargs": {"env": env},
    }
    model = A2C("MlpPolicy", env, gamma=0.5, device="cpu", **parts)
    model.save(tmp_path / "model.zip", exclude=list(parts))
    alone = A2C.load(tmp_path / "model.zip", device="cpu")
    assert env.action_space.contains(alone.predict(env.reset()[0])[0])
    model = A2C.load(tmp_path / "model.zip", env=env, device="cpu", **parts)
    model.learn(5)
    assert model.rollout_buffer.env is env


def test_a_learner_without_the_buffer_is_refused_at_its_first_step(chains):
    env = VecNormalize(place(chains()), gamma=0.5)
    for algorithm in (PPO, A2C):
        model = algorithm("MlpPolicy", env, gamma=0.5, device="cpu")
        with pytest.raises(PlaceError, match=r"outcome; write PPO.*RewardRolloutBuffer"):
            model.learn(8)
    assert [e.steps for e in env.unwrapped.envs] == [0]


def test_evaluation_and_step_terms_need_no_buffer(chains):
    for env in (place(chains(), training=False), place(chains(), "env + place")):
        env.reset()
        env.step(np.array([1]))
