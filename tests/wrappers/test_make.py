from __future__ import annotations

import subprocess
import sys

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env as check_gymnasium
from stable_baselines3.common.env_checker import check_env as check_sb3

import rewardsmith
from rewardsmith.errors import ConfigError, RewardsmithError, UnknownNameError
from rewardsmith.wrappers import RewardVectorWrapper, RewardWrapper


def test_ours_with_a_ready_made_reward():
    env = rewardsmith.make("rewardsmith/MountainCar-v0", reward="potential", gamma=0.5)
    _, info = env.reset(seed=3)
    before = info["features"]["mechanical_energy"]
    _, reward, _, _, info = env.step(2)
    after = info["features"]["mechanical_energy"]
    # envs/control/mountain_car.yaml: env + potential(10*(mechanical_energy - 1)), env -1 a step
    assert reward == pytest.approx(-1 + 0.5 * 10 * (after - 1) - 10 * (before - 1))


def test_the_time_limit_lies_inside_the_reward():
    env = rewardsmith.make("MountainCar-v0", reward="env + potential(height)", gamma=1.0)
    env.reset(seed=0)
    total, truncated = 0.0, False
    while not truncated:
        _, reward, _, truncated, info = env.step(1)
        total += reward
    assert info["reward_episode"]["length"] == 200
    assert info["reward_episode"]["env"] == -200.0
    assert total == pytest.approx(sum(info["reward_episode"]["sum"].values()))


def test_a_strangers_env():
    env = rewardsmith.make("CartPole-v1", reward="env + potential(-abs(obs[2]))")
    assert isinstance(env, RewardWrapper)
    obs, _ = env.reset(seed=0)
    after, reward, *_ = env.step(1)
    assert reward == pytest.approx(1 - 0.99 * abs(after[2]) + abs(obs[2]))


def test_without_reward_nothing_is_wrapped_around():
    assert not isinstance(rewardsmith.make("MountainCar-v0"), RewardWrapper)


def test_gym_make_with_the_module_prefix():
    env = gym.make("rewardsmith:rewardsmith/CartPole-v0", reward="potential", gamma=0.9)
    assert env.get_wrapper_attr("stack").binding.learner.gamma == 0.9
    env.reset(seed=0)
    assert "potential" in env.step(0)[4]["reward_terms"]
    again = gym.make(env.spec)
    assert str(again).count("RewardWrapper") == 1


def test_vector_env_of_so_many():
    env = rewardsmith.make("MountainCar-v0", reward="potential", num_envs=3)
    assert isinstance(env, RewardVectorWrapper)
    env.reset(seed=0)
    assert env.step(np.array([0, 1, 2]))[1].shape == (3,)


@pytest.mark.parametrize(
    ("env_id", "near"), [("CartPol-v1", "CartPole-v1"), ("MountianCar-v0", "MountainCar-v0")]
)
def test_unknown_env_names_the_near_miss(env_id, near):
    with pytest.raises(UnknownNameError, match=f"Did you mean.*{near}"):
        rewardsmith.make(env_id)


def test_unknown_reward_name_and_feature():
    with pytest.raises(RewardsmithError, match="Did you mean"):
        rewardsmith.make("MountainCar-v0", reward="potental")
    with pytest.raises(RewardsmithError, match="Did you mean 'height'"):
        rewardsmith.make("MountainCar-v0", reward="env + hieght")


def test_unknown_vectorization_mode():
    with pytest.raises(ConfigError, match="Did you mean 'async'"):
        rewardsmith.make("MountainCar-v0", num_envs=2, vectorization_mode="asynch")


@pytest.mark.filterwarnings("ignore::UserWarning")  # both checkers warn of unbounded spaces
@pytest.mark.parametrize("env_id", ["CartPole-v0", "MountainCarContinuous-v0"])
def test_the_checkers_of_gymnasium_and_sb3_pass(env_id):
    check_gymnasium(rewardsmith.make(env_id, reward="potential"), skip_render_check=True)
    check_sb3(rewardsmith.make(env_id, reward="potential"))


def test_the_import_loads_neither_torch_nor_sb3():
    code = (
        "import sys, rewardsmith, rewardsmith.wrappers\n"
        "rewardsmith.make('MountainCar-v0', reward='potential')\n"
        "print([m for m in ('torch', 'stable_baselines3', 'pettingzoo') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
