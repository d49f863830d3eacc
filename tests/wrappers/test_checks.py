from __future__ import annotations

from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv, VecMonitor

from rewardsmith.errors import ContractError, PlaceError
from rewardsmith.stack import RewardStack
from rewardsmith.wrappers import (
    RewardDictReplayBuffer,
    RewardDictRolloutBuffer,
    RewardHerReplayBuffer,
    RewardReplayBuffer,
    RewardRolloutBuffer,
    RewardVecEnv,
    RewardVectorWrapper,
    RewardWrapper,
)
from rewardsmith.wrappers.checks import kind_of, one_number

CARTPOLE = partial(gym.make, "CartPole-v1")
BUILD: dict[str, Any] = {
    "RewardWrapper": CARTPOLE,
    "RewardVectorWrapper": lambda: gym.vector.SyncVectorEnv([CARTPOLE]),
    "RewardVecEnv": lambda: DummyVecEnv([CARTPOLE]),
}
PLACES: dict[str, Any] = {
    "RewardWrapper": RewardWrapper,
    "RewardVectorWrapper": RewardVectorWrapper,
    "RewardVecEnv": RewardVecEnv,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("env", BUILD)
def test_the_wrong_place_names_the_right_one(place, env):
    if place == env:
        PLACES[place](BUILD[env](), "env")
        return
    with pytest.raises(PlaceError, match=f"{place} goes around.*use rewardsmith.wrappers.{env}"):
        PLACES[place](BUILD[env](), "env")


@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_env(place):
    with pytest.raises(PlaceError, match="None; build the env first"):
        PLACES[place](None, "env")
    with pytest.raises(PlaceError, match=r"rewardsmith\.make\('CartPole-v1'"):
        PLACES[place]("CartPole-v1", "env")
    with pytest.raises(PlaceError, match="the class DummyVecEnv"):
        PLACES[place](DummyVecEnv, "env")


def test_a_game_of_turns_is_no_parallel_env():
    pytest.importorskip("pettingzoo")
    from pettingzoo.utils import parallel_to_aec

    pytest.importorskip("mpe2")
    from rewardsmith.envs.multiagent.simple_spread import SimpleSpread
    from rewardsmith.wrappers import RewardParallelWrapper

    game = parallel_to_aec(SimpleSpread())
    assert kind_of(game) == "PettingZoo AEC game"
    with pytest.raises(PlaceError, match="aec_to_parallel"):
        RewardParallelWrapper(game, "env")
    with pytest.raises(PlaceError, match=r"use rewardsmith\.wrappers\.RewardVecEnv"):
        RewardParallelWrapper(DummyVecEnv([CARTPOLE]), "env")


def paid() -> Any:
    return RewardWrapper(CARTPOLE(), "env")


@pytest.mark.parametrize(
    "wrap",
    [
        lambda: RewardWrapper(gym.wrappers.RecordEpisodeStatistics(paid()), "env"),
        lambda: RewardVectorWrapper(gym.vector.SyncVectorEnv([paid]), "env"),
        lambda: RewardVectorWrapper(
            gym.wrappers.vector.RecordEpisodeStatistics(
                RewardVectorWrapper(gym.vector.SyncVectorEnv([CARTPOLE]), "env")
            ),
            "env",
        ),
        lambda: RewardVecEnv(DummyVecEnv([paid]), "env"),
        lambda: RewardVecEnv(VecMonitor(RewardVecEnv(DummyVecEnv([CARTPOLE]), "env")), "env"),
    ],
    ids=["gymnasium", "in a vector", "vector", "in SB3", "SB3"],
)
def test_a_reward_around_a_reward_is_refused(wrap):
    with pytest.raises(PlaceError, match="reward already inside"):
        wrap()


def test_a_reward_inside_a_worker_is_found_and_the_worker_lives():
    venv = SubprocVecEnv([paid], start_method="fork")
    try:
        with pytest.raises(PlaceError, match="reward already inside"):
            RewardVecEnv(venv, "env")
        assert venv.reset().shape == (1, 4)
    finally:
        venv.close()


def test_a_stack_that_was_refused_is_free_for_another_place(chains):
    stack = RewardStack.parse("env + outcome(at_goal, place)")
    with pytest.raises(ValueError, match="scope"):
        RewardVecEnv(chains(), stack)
    env = RewardVecEnv(chains(), stack, episode_terms="buffer")
    assert env.stack is stack


@pytest.mark.parametrize(
    ("buffer", "kind", "right"),
    [
        (RewardReplayBuffer, "goal", RewardDictReplayBuffer),
        (RewardRolloutBuffer, "goal", RewardDictRolloutBuffer),
        (RewardDictReplayBuffer, "chain", RewardReplayBuffer),
        (RewardHerReplayBuffer, "chain", RewardReplayBuffer),
        (RewardDictRolloutBuffer, "chain", RewardRolloutBuffer),
    ],
)
def test_a_buffer_for_the_other_kind_of_observations(chains, buffer, kind, right):
    terms = "buffer" if "Rollout" in buffer.__name__ else "refuse"
    env = RewardVecEnv(chains(1, 5, kind), "env", episode_terms=terms)
    with pytest.raises(PlaceError, match=f"use {right.__name__} for"):
        buffer(10, env.observation_space, env.action_space, "cpu", env=env)
    right(10, env.observation_space, env.action_space, "cpu", env=env)


@pytest.mark.parametrize("value", [2, 2.0, np.float32(2), np.array(2.0), np.array([2.0]), [2]])
def test_one_number(value):
    assert one_number(value) == 2.0


@pytest.mark.parametrize("value", [None, "much", "2", b"2", [1, 2], {}])
def test_anything_else(value):
    with pytest.raises(ContractError, match="one number a step"):
        one_number(value)
