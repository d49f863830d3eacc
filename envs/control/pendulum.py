"""Pendulum with its angle, uprightness and mechanical energy."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.envs.classic_control.pendulum import PendulumEnv

from rewardsmith.envs.control.base import ControlEnv
from rewardsmith.features import Feature, FeatureSchema

MAX_SPEED = 8.0
#: success: closer to upright than this (rad), and slower than that (rad/s)
UPRIGHT, SLOW = 0.2, 0.5


def _schema(gravity: float) -> FeatureSchema:
    weight = abs(gravity) / 2
    return FeatureSchema(
        [
            Feature("pendulum_angle", "lean from upright", (), -np.pi, np.pi, "rad"),
            Feature("angular_velocity", "rate of the angle", (), -MAX_SPEED, MAX_SPEED, "rad/s"),
            Feature("upright", "cosine of the angle, 1 when upright", (), -1, 1),
            Feature(
                "mechanical_energy",
                "kinetic plus potential; at rest g/2 when upright, -g/2 when hanging",
                (),
                -weight,
                weight + MAX_SPEED**2 / 6,
                "J",
            ),
        ]
    )


class Pendulum(ControlEnv):
    """Gymnasium's Pendulum-v1 without its time limit.

    Success: upright within 0.2 rad and slower than 0.5 rad/s now; at an episode's last step it
    says that the pendulum ended balanced.
    """

    def __init__(self, render_mode: str | None = None, **kwargs: Any) -> None:
        env = PendulumEnv(render_mode=render_mode, **kwargs)
        super().__init__(env)
        self._gravity = float(env.g)
        self.feature_schema = _schema(self._gravity)

    def features(self) -> dict[str, Any]:
        """Values by name; see `feature_schema`.

        The rod weighs 1 kg and is 1 m long, so its moment of inertia about the pivot is
        1/3 kg m^2 and its mass centre moves at 0.5 m.
        """
        theta, omega = (float(v) for v in self.state)
        upright = float(np.cos(theta))
        return {
            "pendulum_angle": float((theta + np.pi) % (2 * np.pi) - np.pi),
            "angular_velocity": omega,
            "upright": upright,
            "mechanical_energy": omega**2 / 6 + self._gravity / 2 * upright,
        }

    def success(self) -> bool:
        """Whether it is balanced now."""
        theta, omega = self.state
        return bool(abs((theta + np.pi) % (2 * np.pi) - np.pi) < UPRIGHT and abs(omega) < SLOW)
