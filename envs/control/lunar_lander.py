"""LunarLander with positions in metres, contacts and the fuel spent."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

with warnings.catch_warnings():
    # Box2D's generated types lack __module__; with -W error that warning kills the interpreter.
    warnings.simplefilter("ignore", DeprecationWarning)
    from gymnasium.envs.box2d import lunar_lander as box2d

from rewardsmith.feature_env import FeatureEnv
from rewardsmith.features import Feature, FeatureSchema

HALF_WIDTH = box2d.VIEWPORT_W / box2d.SCALE / 2
LEG_DOWN = box2d.LEG_DOWN / box2d.SCALE
#: what the env's reward charges for one frame of each engine at full power
MAIN_COST, SIDE_COST = 0.30, 0.03

_FEATURES = (
    # One frame past the edge (10 m) at any speed that the engines can reach.
    Feature("lander_x", "distance right of the pad's centre", (), -25, 25, "m"),
    # The lowest ground is a pad's height (3.3 m) below the pad; there is no ceiling.
    Feature("lander_y", "height of the feet above the pad when level", (), -6, np.inf, "m"),
    Feature("velocity_x", "velocity to the right", unit="m/s"),
    Feature("velocity_y", "velocity upwards", unit="m/s"),
    Feature("lander_angle", "lean to the left, within half a turn", (), -np.pi, np.pi, "rad"),
    Feature("angular_velocity", "turning rate to the left", unit="rad/s"),
    Feature("left_contact", "the left leg touches the ground", dtype="bool"),
    Feature("right_contact", "the right leg touches the ground", dtype="bool"),
    Feature("distance_to_pad", "distance of the feet to the pad's centre", (), 0, np.inf, "m"),
    Feature(
        "fuel_used",
        "fuel so far: 0.30 a frame of the main engine, 0.03 a frame of a side engine",
        (),
        0,
        np.inf,
        "points",
    ),
    Feature("landed", "at rest, and the hull never touched the ground", dtype="bool"),
)


class LunarLander(FeatureEnv):
    """Gymnasium's LunarLander-v3 without its time limit; `continuous=True` for throttles.

    Success: landed, that is at rest (asleep in Box2D, where the env pays +100) without the hull
    having touched the ground.
    """

    feature_schema = FeatureSchema(_FEATURES)
    # Gymnasium's own copy silently restarts the env: worse than none.
    uncopyable = "a Box2D world cannot be copied"

    def __init__(self, render_mode: str | None = None, **kwargs: Any) -> None:
        self._base = box2d.LunarLander(render_mode=render_mode, **kwargs)
        super().__init__(self._base)
        self._fuel = 0.0

    def begin(self) -> None:
        """Fill the tank."""
        self._fuel = 0.0

    def record(self, action: Any) -> None:
        """Count the fuel that the env's reward charges for `action`."""
        main, side = engine_power(action, continuous=self._base.continuous)
        self._fuel += MAIN_COST * main + SIDE_COST * side

    def features(self) -> dict[str, Any]:
        """Values by name; see `feature_schema`."""
        lander: Any = self._base.lander
        legs = self._base.legs
        x = float(lander.position.x) - HALF_WIDTH
        y = float(lander.position.y) - (self._base.helipad_y + LEG_DOWN)
        return {
            "lander_x": x,
            "lander_y": y,
            "velocity_x": float(lander.linearVelocity.x),
            "velocity_y": float(lander.linearVelocity.y),
            "lander_angle": float((lander.angle + np.pi) % (2 * np.pi) - np.pi),
            "angular_velocity": float(lander.angularVelocity),
            "left_contact": bool(legs[0].ground_contact),
            "right_contact": bool(legs[1].ground_contact),
            "distance_to_pad": float(np.hypot(x, y)),
            "fuel_used": self._fuel,
            "landed": self.success(),
        }

    def success(self) -> bool:
        """Whether it landed."""
        lander: Any = self._base.lander
        return bool(not lander.awake and not self._base.game_over)


def engine_power(action: Any, *, continuous: bool) -> tuple[float, float]:
    """Power of the main and the side engine, each 0 or in [0.5, 1], as Gymnasium sets them.

    >>> engine_power(2, continuous=False), engine_power([0.5, -0.8], continuous=True)
    ((1.0, 0.0), (0.75, 0.8))
    """
    if not continuous:
        return float(action == 2), float(action in (1, 3))
    main, side = (float(np.clip(a, -1, 1)) for a in action)
    return (main + 1) / 2 if main > 0 else 0.0, abs(side) if abs(side) > 0.5 else 0.0
