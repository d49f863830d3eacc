"""What every env of the control family owes: both check_envs, its schema, its rewards file."""

import copy
import importlib
from importlib import resources
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import yaml
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils.env_checker import check_env as check_gymnasium
from stable_baselines3.common.env_checker import check_env as check_sb3

from rewardsmith.catalog import EnvEntry
from rewardsmith.envs.control.catalog import ENVS
from rewardsmith.errors import ContractError

every_env = pytest.mark.parametrize("entry", ENVS, ids=lambda e: e.id)
copyable = pytest.mark.parametrize(
    "entry", [e for e in ENVS if "LunarLander" not in e.id], ids=lambda e: e.id
)


def build(entry: EnvEntry, **kwargs: Any) -> Any:
    module, _, name = entry.factory.partition(":")
    return getattr(importlib.import_module(module), name)(**{**entry.kwargs, **kwargs})


def timed(entry: EnvEntry) -> Any:
    return gym.make(
        EnvSpec(
            entry.id,
            entry_point=entry.factory,
            kwargs=dict(entry.kwargs),
            max_episode_steps=entry.max_episode_steps,
        )
    )


@pytest.fixture(autouse=True)
def _no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")


@every_env
# What Gymnasium's checker says of its own env, and of any wrapped one, is not ours to mend.
@pytest.mark.filterwarnings("ignore:.*different from the unwrapped version")
@pytest.mark.filterwarnings("ignore:.*observation space (minimum|maximum) value is -?inf")
@pytest.mark.filterwarnings("ignore:.*symmetric and normalized")
def test_both_checkers_pass(entry: EnvEntry) -> None:
    env = timed(entry)
    check_gymnasium(env)
    check_sb3(env)
    env.close()


@every_env
def test_every_info_obeys_the_schema(entry: EnvEntry) -> None:
    env = build(entry)
    env.action_space.seed(1)
    _, info = env.reset(seed=1)
    for _ in range(500):
        env.feature_schema.validate(info["features"])
        assert list(info["features"]) == list(env.feature_schema)
        assert type(info["is_success"]) is bool
        _, reward, terminated, truncated, info = env.step(env.action_space.sample())
        assert type(reward) is float
        assert not truncated, "the time limit is applied outside"
        if terminated:
            env.feature_schema.validate(info["features"])
            _, info = env.reset()


@every_env
def test_reward_and_observation_are_gymnasiums(entry: EnvEntry) -> None:
    ours, theirs = build(entry), build(entry).unwrapped
    ours.action_space.seed(5)
    np.testing.assert_array_equal(ours.reset(seed=3)[0], theirs.reset(seed=3)[0])
    for _ in range(60):
        action = ours.action_space.sample()
        a, b = ours.step(action), theirs.step(action)
        np.testing.assert_array_equal(a[0], b[0])
        assert a[1] == pytest.approx(float(b[1]), abs=0)
        assert a[2] == b[2]
        if a[2]:
            break


@copyable
def test_a_copy_steps_independently(entry: EnvEntry) -> None:
    env = build(entry, render_mode="rgb_array")
    env.action_space.seed(2)
    env.reset(seed=2)
    for _ in range(4):
        env.step(env.action_space.sample())
    env.render()
    before = np.array(env.unwrapped.state, dtype=float)
    clone = copy.deepcopy(env)
    actions = [env.action_space.sample() for _ in range(5)]
    ahead = [clone.step(a)[4]["features"] for a in actions]
    np.testing.assert_array_equal(np.array(env.unwrapped.state, dtype=float), before)
    assert [env.step(a)[4]["features"] for a in actions] == ahead
    # the random stream is copied too, and no longer shared
    assert clone.np_random.random() == env.np_random.random()
    assert env.feature_schema == clone.feature_schema
    assert clone.render().shape == env.render().shape
    env.close()


@pytest.mark.parametrize("entry", [e for e in ENVS if "LunarLander" in e.id], ids=lambda e: e.id)
def test_lunar_lander_refuses_to_be_copied(entry: EnvEntry) -> None:
    env = build(entry)
    env.reset(seed=0)
    with pytest.raises(ContractError, match="Box2D world cannot be copied"):
        copy.deepcopy(env)


@every_env
def test_rewards_file_names_only_features_that_exist(entry: EnvEntry) -> None:
    text = (resources.files("rewardsmith.envs.control") / entry.rewards).read_text()
    named = yaml.safe_load(text)
    assert {"sparse", "potential", "gated", "biased"} <= set(named)
    for reward in named.values():
        assert set(reward) == {"doc", "formula"}
    assert named["sparse"]["formula"] == "env"


def test_ids_are_unique_and_limits_are_gymnasiums() -> None:
    assert len({e.id for e in ENVS}) == len(ENVS) == 7
    versions = {
        "CartPole": "CartPole-v1",
        "MountainCar": "MountainCar-v0",
        "MountainCarContinuous": "MountainCarContinuous-v0",
        "Acrobot": "Acrobot-v1",
        "Pendulum": "Pendulum-v1",
        "LunarLander": "LunarLander-v3",
        "LunarLanderContinuous": "LunarLanderContinuous-v3",
    }
    for entry in ENVS:
        name = entry.id.removeprefix("rewardsmith/").removesuffix("-v0")
        assert entry.max_episode_steps == gym.spec(versions[name]).max_episode_steps
