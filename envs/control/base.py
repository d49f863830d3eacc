"""ControlEnv: a Gymnasium classic-control env with features, that can be copied mid-episode."""

from __future__ import annotations

from typing import Any

from rewardsmith.feature_env import FeatureEnv


class ControlEnv(FeatureEnv):
    """`copy.deepcopy(env)` continues from the same state and random stream, independently."""

    @property
    def state(self) -> Any:
        """The simulator's true state, as the wrapped env lays it out."""
        return getattr(self.unwrapped, "state")  # noqa: B009

    def __deepcopy__(self, memo: dict[int, Any]) -> FeatureEnv:
        inner = self.unwrapped
        for name in ("screen", "clock", "surf"):
            if getattr(inner, name, None) is not None:
                # pygame objects cannot be copied; the copy opens its own when it renders.
                memo[id(getattr(inner, name))] = None
        return super().__deepcopy__(memo)
