"""A chain of places 0, 1, 2, 3: action 1 goes right, 0 left; place 3 ends the episode, pays 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.wrappers import TimeLimit
from stable_baselines3.common.vec_env import DummyVecEnv

from rewardsmith.features import Feature, FeatureSchema

GOAL = 3


class Chain(gym.Env[Any, Any]):
    """See the module; `steps` and `resets` count what was asked of it."""

    feature_schema = FeatureSchema(
        [
            Feature("place", "place on the chain", (), 0, GOAL),
            Feature("at_goal", "the last place", dtype="bool"),
        ]
    )

    def __init__(self) -> None:
        self.observation_space = spaces.Box(0, GOAL, (1,), np.float32)
        self.action_space = spaces.Discrete(2)
        self.steps = self.resets = self.place = 0

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.place, self.resets = 0, self.resets + 1
        return self._obs(), self._info()

    def step(self, action: Any) -> Any:
        self.steps += 1
        self.place = max(0, self.place + (1 if action == 1 else -1))
        done = self.place == GOAL
        return self._obs(), float(done), done, False, self._info()

    def _obs(self) -> Any:
        return np.array([self.place], np.float32)

    def _info(self) -> dict[str, Any]:
        at_goal = self.place == GOAL
        return {"features": {"place": float(self.place), "at_goal": at_goal}, "is_success": at_goal}


class Plain(Chain):
    """The chain without features: only its observation says where it is."""

    feature_schema = None  # type: ignore[assignment]

    def _info(self) -> dict[str, Any]:
        return {}


class GoalChain(Chain):
    """The chain as a goal env that never ends itself; a `gap` to the goal is its feature."""

    feature_schema = FeatureSchema([Feature("gap", "places left to the goal", (), 0, GOAL)])

    def __init__(self) -> None:
        super().__init__()
        box = self.observation_space
        keys = ("observation", "achieved_goal", "desired_goal")
        self.observation_space = spaces.Dict({key: box for key in keys})

    def step(self, action: Any) -> Any:
        obs, _, _, _, info = super().step(action)
        reward = self.compute_reward(obs["achieved_goal"], obs["desired_goal"], {})
        return obs, float(reward), False, False, info

    def compute_reward(self, achieved: Any, desired: Any, info: Any) -> Any:
        return -(np.abs(achieved - desired).max(axis=-1) > 0.5).astype(np.float32)

    def goal_features(self, achieved: Any, desired: Any) -> dict[str, Any]:
        return {"gap": np.abs(achieved - desired)[:, 0].astype(np.float64)}

    def _obs(self) -> Any:
        here, goal = np.array([self.place], np.float32), np.array([GOAL], np.float32)
        return {"observation": here, "achieved_goal": here, "desired_goal": goal}

    def _info(self) -> dict[str, Any]:
        return {"features": {"gap": float(GOAL - self.place)}, "is_success": self.place == GOAL}


@pytest.fixture
def chain() -> Callable[..., Any]:
    """Build a chain; `limit` truncates after so many steps, `kind` picks plain or goal."""
    kinds = {"chain": Chain, "plain": Plain, "goal": GoalChain}

    def build(limit: int | None = None, kind: str = "chain") -> Any:
        env = kinds[kind]()
        return env if limit is None else TimeLimit(env, limit)

    return build


@pytest.fixture
def chains(chain: Callable[..., Any]) -> Callable[..., DummyVecEnv]:
    """A DummyVecEnv of `n` chains."""

    def build(n: int = 1, limit: int | None = None, kind: str = "chain") -> DummyVecEnv:
        return DummyVecEnv([lambda: chain(limit, kind) for _ in range(n)])

    return build
