"""FeatureEnv: an environment whose info carries the features of its true state."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Hashable
from typing import Any

import gymnasium as gym

from rewardsmith.errors import ContractError
from rewardsmith.features import FeatureSchema


class FeatureEnv(gym.Wrapper[Any, Any, Any, Any], ABC):
    """Wrap `env` so that every info holds its features and whether the task is solved.

    `info["features"]` (the names of `feature_schema`, values of the state reached) and
    `info["is_success"]` (bool) are written at reset and at step. Observation, reward and
    episode ends are the wrapped env's own, untouched.

    A subclass sets `feature_schema`, and defines `features` and `success`; one that needs
    history (a count of steps, fuel) also defines `begin` and `record`.
    """

    feature_schema: FeatureSchema
    #: why `copy.deepcopy` cannot copy the state; empty if it can
    uncopyable: str = ""

    @abstractmethod
    def features(self) -> dict[str, Any]:
        """The value of every feature in the current state, in the schema's order."""

    @abstractmethod
    def success(self) -> bool:
        """Whether the task counts as solved in the current state."""

    def state_key(self) -> Hashable | None:
        """A value that two states share only if they are one; the time of the episode left out.

        It holds whatever history the features read. None (the default) if the env has no such
        value: the audit then tells its states apart by their attributes.
        """
        return None

    def begin(self) -> None:
        """Called after the wrapped env's reset, before `features`: forget the last episode."""

    def record(self, action: Any) -> None:
        """Called after the wrapped env's step, before `features`: note what `action` did."""

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset the wrapped env; the info describes the first state."""
        obs, info = self.env.reset(seed=seed, options=options)
        self.begin()
        return obs, self._described(info)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Step the wrapped env; the info describes the state reached."""
        obs, reward, terminated, truncated, info = self.env.step(action)
        self.record(action)
        return obs, float(reward), bool(terminated), bool(truncated), self._described(info)

    def _described(self, info: dict[str, Any]) -> dict[str, Any]:
        return {**info, "features": self.features(), "is_success": bool(self.success())}

    @property
    def spec(self) -> gym.envs.registration.EnvSpec | None:
        """The wrapped env's spec: the factory builds this wrapper, so no spec may add it again."""
        return self.env.spec

    @spec.setter
    def spec(self, value: gym.envs.registration.EnvSpec | None) -> None:
        self.env.spec = value

    def __deepcopy__(self, memo: dict[int, Any]) -> FeatureEnv:
        if self.uncopyable:
            raise ContractError(
                f"A copy of {type(self).__name__} must continue from the same state, but "
                f"{self.uncopyable}. Make a second env and replay the seed and actions instead."
            )
        clone = type(self).__new__(type(self))
        memo[id(self)] = clone
        clone.__dict__.update({k: copy.deepcopy(v, memo) for k, v in self.__dict__.items()})
        return clone
