"""A walk to the right whatever the action is, which pays 1 a step and ends after `length` steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.wrappers import TimeLimit
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import DummyVecEnv

from rewardsmith.agents.classic.two_streams import TwoStreamPPO
from rewardsmith.wrappers import RewardVecEnv


class Walk(gym.Env[Any, Any]):
    """Places start, start + 1, ...; terminates `length` steps after the start."""

    def __init__(self, start: int, length: int) -> None:
        self.observation_space = spaces.Box(-100, 100, (1,), np.float32)
        self.action_space = spaces.Discrete(2)
        self.start, self.length = start, length
        self.place = start

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.place = self.start
        return np.array([self.place], np.float32), {}

    def step(self, action: Any) -> Any:
        self.place += 1
        ended = self.place - self.start == self.length
        return np.array([self.place], np.float32), 1.0, ended, False, {}


class Keep(BaseCallback):
    """Copies of every rollout, as other callbacks see it when it ends."""

    def __init__(self) -> None:
        super().__init__()
        self.rollouts: list[dict[str, Any]] = []

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        buffer: Any = self.model.rollout_buffer
        names = ("rewards", "values", "advantages", "returns", "episode_starts")
        kept = {name: getattr(buffer, name).copy() for name in names}
        if stream := getattr(buffer, "intrinsic", None):
            kept.update({f"{name}_intrinsic": getattr(stream, name).copy() for name in names})
        kept["next"] = np.array(self.locals["new_obs"]), self.locals["dones"].copy()
        self.rollouts.append(kept)


@pytest.fixture
def keep() -> Keep:
    return Keep()


@pytest.fixture
def walks() -> Callable[..., Any]:
    """Two walks of two steps: one from 0 that terminates, one from 4 that a limit cuts."""

    def build(formula: str = "env + obs[0]", gamma: float = 0.5, **options: Any) -> RewardVecEnv:
        makers = [lambda: Walk(0, 2), lambda: TimeLimit(Walk(4, 100), 2)]
        return RewardVecEnv(DummyVecEnv(makers), formula, gamma=gamma, **options)

    return build


@pytest.fixture
def learner() -> Callable[..., TwoStreamPPO]:
    """Build a learner whose heads are linear in the place, and so far 0."""

    def build(env: Any, heads: Any = None, **options: Any) -> TwoStreamPPO:
        given = {"n_steps": 3, "batch_size": 6, "n_epochs": 1, "gamma": 0.5, "gae_lambda": 0.5}
        given |= {"policy_kwargs": {"net_arch": []}, "device": "cpu", "seed": 0}
        model = TwoStreamPPO("MlpPolicy", env, **{**given, **options})
        for head, (slope, offset) in zip(("extrinsic", "intrinsic"), heads or (), strict=False):
            getattr(model.policy.value_net, head).weight.data.fill_(slope)
            getattr(model.policy.value_net, head).bias.data.fill_(offset)
        return model

    return build
