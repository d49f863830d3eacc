"""Acrobot with joint angles, tip height and mechanical energy."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.envs.classic_control.acrobot import AcrobotEnv

from rewardsmith.envs.control.base import ControlEnv
from rewardsmith.features import Feature, FeatureSchema

GRAVITY = 9.8
MAX_SPEED_1, MAX_SPEED_2 = 4 * np.pi, 9 * np.pi


def mechanical_energy(theta1: float, theta2: float, omega1: float, omega2: float) -> float:
    """Kinetic plus potential energy in joules; without torque the arm conserves it.

    Links of 1 kg and 1 m, mass centres at 0.5 m, moments of inertia of 1 kg m^2 about them, as
    in Gymnasium's Acrobot ("book" dynamics, Sutton and Barto 2018, section 11.3). Heights are
    measured from the pivot, so that rest is at -19.6 J.
    """
    both = omega1 + omega2
    kinetic = 0.5 * (0.25 + 1) * omega1**2 + 0.5 * both**2
    kinetic += 0.5 * (omega1**2 + 0.25 * both**2 + np.cos(theta2) * omega1 * both)
    height1 = -0.5 * np.cos(theta1)
    height2 = -np.cos(theta1) - 0.5 * np.cos(theta1 + theta2)
    return float(kinetic + GRAVITY * (height1 + height2))


#: Both joints at top speed in the same direction, arm straight; the heights add at most 19.6 J.
MAX_ENERGY = mechanical_energy(0.0, 0.0, MAX_SPEED_1, MAX_SPEED_2) + 2 * 2 * GRAVITY


class Acrobot(ControlEnv):
    """Gymnasium's Acrobot-v1 without its time limit. Success: the tip is 1 m above the pivot."""

    feature_schema = FeatureSchema(
        [
            Feature("link1_angle", "first link from hanging down", (), -np.pi, np.pi, "rad"),
            Feature("link2_angle", "second link from the first", (), -np.pi, np.pi, "rad"),
            Feature(
                "link1_velocity", "rate of link1_angle", (), -MAX_SPEED_1, MAX_SPEED_1, "rad/s"
            ),
            Feature(
                "link2_velocity", "rate of link2_angle", (), -MAX_SPEED_2, MAX_SPEED_2, "rad/s"
            ),
            Feature("tip_height", "height of the free end above the pivot", (), -2, 2, "m"),
            Feature(
                "mechanical_energy",
                "kinetic plus potential, -19.6 hanging at rest, 19.6 upright at rest",
                (),
                -2 * GRAVITY,
                MAX_ENERGY,
                "J",
            ),
        ]
    )

    def __init__(self, render_mode: str | None = None, **kwargs: Any) -> None:
        super().__init__(AcrobotEnv(render_mode=render_mode, **kwargs))

    def features(self) -> dict[str, Any]:
        """Values by name; see `feature_schema`."""
        theta1, theta2, omega1, omega2 = (float(v) for v in self.state)
        return {
            "link1_angle": theta1,
            "link2_angle": theta2,
            "link1_velocity": omega1,
            "link2_velocity": omega2,
            "tip_height": self._tip_height(),
            "mechanical_energy": mechanical_energy(theta1, theta2, omega1, omega2),
        }

    def success(self) -> bool:
        """Whether the tip is more than one link above the pivot: the env's own termination."""
        return self._tip_height() > 1.0

    def _tip_height(self) -> float:
        theta1, theta2 = (float(v) for v in self.state[:2])
        return float(-np.cos(theta1) - np.cos(theta1 + theta2))
