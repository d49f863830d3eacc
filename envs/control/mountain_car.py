"""MountainCar, discrete and continuous, with height and mechanical energy."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import Env
from gymnasium.envs.classic_control.continuous_mountain_car import Continuous_MountainCarEnv
from gymnasium.envs.classic_control.mountain_car import MountainCarEnv

from rewardsmith.envs.control.base import ControlEnv
from rewardsmith.features import Feature, FeatureSchema

#: The valley is 0.45 sin(3x) + 0.55 high, and without engine v' = v - 0.0025 cos(3x). So
#: v^2/2 + (0.0025/3) sin(3x) is conserved (up to the integration step); divided by
#: 0.0025/(3*0.45) it reads as a height: 0.45 sin(3x) + 270 v^2.
KINETIC = 0.45 * 3 / (2 * 0.0025)
MAX_SPEED = 0.07


class _Valley(ControlEnv):
    feature_schema = FeatureSchema(
        [
            Feature("car_position", "position along the track", (), -1.2, 0.6, "m"),
            Feature("car_velocity", "velocity to the right", (), -MAX_SPEED, MAX_SPEED, "m/step"),
            Feature("height", "height of the hill under the car", (), 0.1, 1.0, "m"),
            Feature(
                "mechanical_energy",
                "height the car would coast up to with its engine off (the flag needs about 1)",
                (),
                0.1,
                1.0 + KINETIC * MAX_SPEED**2,
                "m",
            ),
            Feature("distance_to_goal", "distance left of the flag, 0 past it", (), 0, 1.7, "m"),
        ]
    )

    def __init__(self, env: Env[Any, Any]) -> None:
        super().__init__(env)
        self._goal = float(getattr(env, "goal_position"))  # noqa: B009
        self._goal_velocity = float(getattr(env, "goal_velocity"))  # noqa: B009

    def features(self) -> dict[str, Any]:
        """Values by name; see `feature_schema`."""
        x, v = (float(s) for s in self.state)
        height = 0.45 * float(np.sin(3 * x)) + 0.55
        return {
            "car_position": x,
            "car_velocity": v,
            "height": height,
            "mechanical_energy": height + KINETIC * v**2,
            "distance_to_goal": max(0.0, self._goal - x),
        }

    def success(self) -> bool:
        """Whether the car is at the flag, as the env's own termination says."""
        x, v = self.state
        return bool(x >= self._goal and v >= self._goal_velocity)


class MountainCar(_Valley):
    """Gymnasium's MountainCar-v0 without its time limit. Success: the flag is reached."""

    def __init__(self, render_mode: str | None = None, **kwargs: Any) -> None:
        super().__init__(MountainCarEnv(render_mode=render_mode, **kwargs))


class MountainCarContinuous(_Valley):
    """Gymnasium's MountainCarContinuous-v0 without its time limit. Success: the flag is reached."""

    def __init__(self, render_mode: str | None = None, **kwargs: Any) -> None:
        super().__init__(Continuous_MountainCarEnv(render_mode=render_mode, **kwargs))
