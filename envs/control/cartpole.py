"""CartPole with physical features."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.envs.classic_control.cartpole import CartPoleEnv

from rewardsmith.envs.control.base import ControlEnv
from rewardsmith.features import Feature, FeatureSchema

#: Gymnasium's reward threshold for CartPole-v1
SOLVED_STEPS = 475
TRACK_END = 2.4
#: one step past the failing angle (12 degrees) and the track's end stays within twice both
MAX_ANGLE = 2 * float(np.deg2rad(12))


class CartPole(ControlEnv):
    """Gymnasium's CartPole-v1 without its time limit.

    Success: the episode has lasted 475 steps, Gymnasium's threshold (the time limit of 500 lies
    outside of this env, so it cannot be what success means).

    >>> env = CartPole()
    >>> _, info = env.reset(seed=0)
    >>> sorted(info["features"])[:3]
    ['cart_position', 'cart_velocity', 'pole_angle']
    """

    feature_schema = FeatureSchema(
        [
            Feature(
                "cart_position",
                "cart's distance right of the track's centre",
                (),
                -2 * TRACK_END,
                2 * TRACK_END,
                "m",
            ),
            Feature("cart_velocity", "cart's velocity to the right", unit="m/s"),
            Feature("pole_angle", "pole's lean to the right", (), -MAX_ANGLE, MAX_ANGLE, "rad"),
            Feature("pole_angular_velocity", "pole's turning rate to the right", unit="rad/s"),
            Feature("pole_upright", "cosine of the pole's angle, 1 when upright", (), -1, 1),
            Feature(
                "track_left",
                "distance to the nearer end of the track, negative beyond it",
                (),
                -TRACK_END,
                TRACK_END,
                "m",
            ),
            Feature("steps_alive", "steps since the episode began", (), 0, np.inf, "steps", "int"),
        ]
    )

    def __init__(self, render_mode: str | None = None, **kwargs: Any) -> None:
        super().__init__(CartPoleEnv(render_mode=render_mode, **kwargs))
        self._steps = 0

    def begin(self) -> None:
        """Start counting steps."""
        self._steps = 0

    def record(self, action: Any) -> None:
        """Count one step."""
        self._steps += 1

    def features(self) -> dict[str, Any]:
        """Values by name; see `feature_schema`."""
        x, x_dot, theta, theta_dot = (float(v) for v in self.state)
        return {
            "cart_position": x,
            "cart_velocity": x_dot,
            "pole_angle": theta,
            "pole_angular_velocity": theta_dot,
            "pole_upright": float(np.cos(theta)),
            "track_left": TRACK_END - abs(x),
            "steps_alive": self._steps,
        }

    def success(self) -> bool:
        """Whether 475 steps have been lasted."""
        return self._steps >= SOLVED_STEPS
