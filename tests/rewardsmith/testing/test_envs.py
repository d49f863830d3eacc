"""check_env: good envs pass, and each way to be wrong is caught under its own name."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

from rewardsmith import Feature, FeatureSchema
from rewardsmith.errors import ContractError
from rewardsmith.feature_env import FeatureEnv
from rewardsmith.testing import Report, check_env


class Corridor(gym.Env[Any, Any]):
    """Cells 0 to 4 in a row; action 1 goes right, 0 left; the end is at 4."""

    observation_space = spaces.Box(0.0, 4.0, (1,), np.float32)
    action_space = spaces.Discrete(2)
    metadata = {"render_modes": []}  # noqa: RUF012  (Gymnasium's own form)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.cell = int(self.np_random.integers(0, 3))
        return self._obs(), {}

    def step(self, action: Any) -> Any:
        self.cell = int(np.clip(self.cell + (1 if action == 1 else -1), 0, 4))
        return self._obs(), float(self.cell == 4), self.cell == 4, False, {}

    def _obs(self) -> Any:
        return np.array([self.cell], dtype=np.float32)


class Good(FeatureEnv):
    feature_schema = FeatureSchema([Feature("cell", "where", low=0, high=4, dtype="int")])

    def __init__(self, env: gym.Env[Any, Any] | None = None) -> None:
        super().__init__(env or Corridor())

    def features(self) -> dict[str, Any]:
        return {"cell": self.unwrapped.cell}  # type: ignore[attr-defined]

    def success(self) -> bool:
        return bool(self.unwrapped.cell == 4)  # type: ignore[attr-defined]


class MissingFeature(Good):
    def features(self) -> dict[str, Any]:
        return {}


class NoFeatures(Good):
    def _described(self, info: dict[str, Any]) -> dict[str, Any]:
        return {**info, "is_success": False}


class OutOfBounds(Good):
    feature_schema = FeatureSchema([Feature("cell", "where", low=0, high=1, dtype="int")])


class NoSuccess(Good):
    def _described(self, info: dict[str, Any]) -> dict[str, Any]:
        return {**info, "features": self.features()}


class SuccessIsANumber(Good):
    def _described(self, info: dict[str, Any]) -> dict[str, Any]:
        return {**super()._described(info), "is_success": 1.0}


class Late(Good):
    """Tells the features of the state before."""

    def step(self, action: Any) -> Any:
        before = self.features()
        obs, reward, terminated, truncated, info = super().step(action)
        return obs, reward, terminated, truncated, {**info, "features": before}


class Restless(Corridor):
    """Draws from a source that no seed reaches."""

    def __init__(self) -> None:
        self.source = np.random.default_rng()

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.cell = 0
        self.noise = float(self.source.uniform())
        return self._obs(), {}

    def _obs(self) -> Any:
        return np.array([getattr(self, "noise", 0.0)], dtype=np.float32)


class FlagsAreNumbers(Corridor):
    def step(self, action: Any) -> Any:
        obs, reward, terminated, truncated, info = super().step(action)
        return obs, reward, int(terminated), truncated, info


class PaysNan(Corridor):
    def step(self, action: Any) -> Any:
        obs, _, terminated, truncated, info = super().step(action)
        return obs, float("nan"), terminated, truncated, info


class LeavesItsSpace(Corridor):
    observation_space = spaces.Box(0.0, 2.0, (1,), np.float32)


class Raw(Good):
    """Passes the wrapped env's values through unconverted."""

    def step(self, action: Any) -> Any:
        obs, reward, terminated, truncated, info = self.env.step(action)
        return obs, reward, terminated, truncated, self._described(info)


class Shares(Good):
    """A copy that walks about in the original's cells."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return type(self)(self.env)


class CannotCopy(Good):
    uncopyable = "its cells are made of stone"


def _report(env: Any) -> Report:
    return check_env(env, episodes=3, steps=30, raise_on_failure=False)


def test_a_good_env_passes_every_rule() -> None:
    report = _report(Good())
    assert report.failed == []
    assert [f.name for f in report.unchecked] == ["rendering", "task reward"]


@pytest.mark.parametrize(
    ("env", "rule", "words"),
    [
        (MissingFeature(), "features", "Missing ['cell']"),
        (NoFeatures(), "features", 'info["features"] is missing at episode 1, reset'),
        (OutOfBounds(), "features", "expected values in [0, 1]"),
        (NoSuccess(), "is_success", "Received None at episode 1, step 1"),
        (SuccessIsANumber(), "is_success", "Received 1.0"),
        (Late(), "state reached", "after the state has changed"),
        (Good(Restless()), "determinism", "self.np_random"),
        (Raw(FlagsAreNumbers()), "signals", "terminated must be a bool"),
        (Good(PaysNan()), "signals", "Received nan"),
        (Good(LeavesItsSpace()), "signals", "not in the observation space"),
        (Shares(), "deep copy", "State is shared"),
    ],
    ids=lambda x: type(x).__name__ if isinstance(x, gym.Env) else "",
)
def test_a_broken_env_is_caught_by_name(env: Any, rule: str, words: str) -> None:
    failures = {f.name: f.sentence for f in _report(env).failed}
    assert rule in failures
    assert words in failures[rule]
    with pytest.raises(ContractError, match=rule):
        check_env(env, episodes=3, steps=30)


def test_it_says_why_it_could_not_copy() -> None:
    report = _report(CannotCopy())
    assert report.ok
    assert "made of stone" in {f.name: f.sentence for f in report.unchecked}["deep copy"]


def test_a_strangers_env_is_told_what_it_lacks() -> None:
    report = _report(gym.make("MountainCar-v0"))
    assert report.ok, str(report)
    assert "FeatureEnv" in {f.name: f.sentence for f in report.unchecked}["features"]


def test_a_parallel_env_is_checked_agent_by_agent() -> None:
    simple_spread = pytest.importorskip("mpe2.simple_spread_v3")
    env = simple_spread.parallel_env(N=2, max_cycles=5)
    report = _report(env)
    assert report.ok, str(report)
    assert "PettingZoo's parallel_api_test passes." in [f.sentence for f in report.passed]
    env.close()
