from __future__ import annotations

import re
import warnings
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

import rewardsmith
from rewardsmith.errors import BindingError, ConfigError, MissingExtraError
from rewardsmith.wrappers import RewardVectorWrapper

ENV, OURS, REWARD = "CartPole-v1", "rewardsmith/CartPole-v0", "env + potential(-abs(obs[2]))"


@pytest.mark.parametrize("count", [0, -1, "2", 2.5, True, [2]])
def test_num_envs_is_a_whole_number_from_one(count):
    with pytest.raises(ConfigError, match="num_envs .*" + re.escape(f"Received {count!r}")):
        rewardsmith.make(ENV, REWARD, num_envs=count)


def test_num_envs_of_numpy():
    assert rewardsmith.make(ENV, REWARD, num_envs=np.int64(2)).num_envs == 2


@pytest.mark.parametrize("gamma", ["0.9", -0.1, 1.5, float("nan"), None])
@pytest.mark.parametrize("reward", [REWARD, None])
def test_gamma_is_a_number_from_0_to_1(gamma, reward):
    with pytest.raises(BindingError, match=r"gamma .*\[0, 1\]"):
        rewardsmith.make(ENV, reward, gamma=gamma)


def test_bootstrapping_is_answered_by_yes_or_no():
    with pytest.raises(BindingError, match=r"bootstraps_on_truncation is True or False.*'no'"):
        rewardsmith.make(ENV, REWARD, bootstraps_on_truncation="no")


@pytest.mark.parametrize("env_id", [ENV, OURS, "rewardsmith/DoorKey-5x5-v0"])
@pytest.mark.parametrize("extra", [{}, {"num_envs": 2}])
def test_a_keyword_that_the_env_does_not_know(env_id, extra):
    with pytest.raises(ConfigError, match=rf"{env_id} has none called 'foo'"):
        rewardsmith.make(env_id, foo=1, **extra)


def test_a_misspelt_option_of_make_is_hinted_at():
    with pytest.raises(ConfigError, match=r"'gama'.*Did you mean 'gamma'"):
        rewardsmith.make(OURS, "potential", gama=0.9)


def test_a_keyword_that_the_env_sets_itself():
    with pytest.raises(ConfigError, match="sets 'disable_env_checker' itself"):
        rewardsmith.make("rewardsmith/DoorKey-5x5-v0", disable_env_checker=True)


@pytest.mark.parametrize("policy", ["zer", None, 3])
def test_on_nan_is_a_policy(policy):
    with pytest.raises(ConfigError, match=re.escape(f"Received {policy!r}")):
        rewardsmith.make(ENV, REWARD, on_nan=policy)


@pytest.mark.parametrize("env_id", ["rewardsmith/DoorKey-5x5-v0", "MountainCar-v0", "CartPole-v1"])
def test_another_time_limit_lies_inside_the_reward(env_id):
    env = rewardsmith.make(env_id, "env + 0", max_episode_steps=np.int64(3))
    env.reset(seed=0)
    steps = [env.step(0) for _ in range(3)]
    assert [(terminated, truncated) for _, _, terminated, truncated, _ in steps] == [
        (False, False), (False, False), (False, True),
    ]  # fmt: skip
    assert steps[-1][4]["reward_episode"]["length"] == 3


def test_no_time_limit():
    env = rewardsmith.make("MountainCar-v0", "potential", max_episode_steps=-1)
    env.reset(seed=0)
    assert not any(env.step(1)[3] for _ in range(201))  # its own limit is 200 steps


@pytest.mark.parametrize("steps", [0, -2, 2.5, "5", True])
@pytest.mark.parametrize("env_id", [ENV, OURS])
def test_a_time_limit_is_a_whole_number(env_id, steps):
    with pytest.raises(ConfigError, match=f"max_episode_steps .*Received {steps!r}"):
        rewardsmith.make(env_id, max_episode_steps=steps)


def test_a_type_error_of_the_env_itself_stays_its_own():
    def broken(render_mode: Any = None, size: Any = 3) -> Any:
        return range(size)

    gym.register("Broken-v0", entry_point=broken)
    try:
        with pytest.raises(TypeError, match="interpreted as an integer"):
            rewardsmith.make("Broken-v0", size="x")
    finally:
        del gym.registry["Broken-v0"]


def test_an_env_that_moved_names_what_to_install():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Gymnasium's own: the id is out of date
        # Which package depends on whether another test has imported gymnasium-robotics.
        remedy = r"Ant-v2 needs a package .*(pip install 'rewardsmith\[robotic\]|mujoco-py)"
        with pytest.raises(MissingExtraError, match=remedy):
            rewardsmith.make("Ant-v2")


def test_a_package_that_is_not_there():
    def needy(render_mode: Any = None) -> Any:
        raise gym.error.DependencyNotInstalled("pip install gymnasium[nothing] first")

    gym.register("Needy-v0", entry_point=needy)
    try:
        with pytest.raises(MissingExtraError, match=r"Needy-v0 needs.*gymnasium\[nothing\]"):
            rewardsmith.make("Needy-v0")
    finally:
        del gym.registry["Needy-v0"]
    with pytest.raises(MissingExtraError, match="nomodule"):
        rewardsmith.make("nomodule:CartPole-v1")


def test_an_id_that_is_no_text():
    with pytest.raises(ConfigError, match="RewardWrapper"):
        rewardsmith.make(gym.make(ENV), REWARD)


@pytest.mark.parametrize("mode", ["SAME_STEP", "same_step", "SameStep", AutoresetMode.SAME_STEP])
def test_an_autoreset_mode_by_any_of_its_names(mode):
    env = rewardsmith.make(ENV, REWARD, num_envs=1, autoreset_mode=mode)
    assert isinstance(env, RewardVectorWrapper)
    assert env.autoreset_mode is AutoresetMode.SAME_STEP


def test_other_modes():
    with pytest.raises(ConfigError, match="Did you mean 'SAME_STEP'"):
        rewardsmith.make(ENV, num_envs=1, autoreset_mode="same_stp")
    with pytest.raises(ConfigError, match="vectorization_mode"):
        rewardsmith.make(ENV, num_envs=1, vectorization_mode=None)
