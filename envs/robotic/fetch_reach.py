"""FetchReach: a goal-conditioned arm whose features say where gripper and goal are."""

from __future__ import annotations

import contextlib
import copy
import ctypes.util
import io
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardsmith.errors import require
from rewardsmith.feature_env import FeatureEnv
from rewardsmith.features import Feature, FeatureSchema

SITE = "robot0:grip"


def _render_without_screen() -> None:
    """Let MuJoCo draw in software where there is no screen and nobody chose a backend.

    MuJoCo chooses once, when it is first imported, so a later env could not make up for it.
    EGL is left to the user: it breaks the import itself where a machine has no EGL device.
    """
    headless = not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if headless and "MUJOCO_GL" not in os.environ and ctypes.util.find_library("OSMesa"):
        os.environ["MUJOCO_GL"] = "osmesa"


def _base_env(render_mode: str | None, **kwargs: Any) -> Any:
    _render_without_screen()
    # On import the package prints a notice about other environments of its own to stderr.
    with contextlib.redirect_stderr(io.StringIO()):
        reach = require("gymnasium_robotics.envs.fetch.reach", extra="robotic")
    return reach.MujocoFetchReachEnv(render_mode=render_mode, **kwargs)


class FetchReach(FeatureEnv):
    """gymnasium-robotics' FetchReach-v4 without its time limit (Plappert et al. 2018).

    The observation stays a dict of `observation`, `achieved_goal` and `desired_goal`, and
    `compute_reward` is reachable, so that hindsight replay (HER) works.
    Success: the gripper is within `distance_threshold` (5 cm) of the goal now. The env never
    terminates; at an episode's last step success says that the gripper ended there.

    Args:
        render_mode: `rgb_array` needs libOSMesa, or MUJOCO_GL=egl, where there is no screen.
        reward_type: `sparse` (-1 until within the threshold, then 0) or `dense` (-distance).
        kwargs: passed to gymnasium-robotics.

    Raises:
        MissingExtraError: gymnasium-robotics or mujoco is not installed.
    """

    feature_schema = FeatureSchema(
        [
            Feature("gripper_position", "gripper, in the world's frame", (3,), unit="m"),
            Feature("goal_position", "point to reach, in the world's frame", (3,), unit="m"),
            Feature("gripper_to_goal", "distance that is left to the goal", (), 0, np.inf, "m"),
            Feature("gripper_velocity", "velocity of the gripper", (3,), unit="m/s"),
        ]
    )

    def __init__(
        self, render_mode: str | None = None, reward_type: str = "sparse", **kwargs: Any
    ) -> None:
        self._arguments = {"render_mode": render_mode, "reward_type": reward_type, **kwargs}
        self._base = _base_env(**self._arguments)
        super().__init__(self._base)

    def features(self) -> dict[str, Any]:
        """Values by name; see `feature_schema`."""
        base = self._base
        velocity = base._utils.get_site_xvelp(base.model, base.data, SITE)
        return {
            "gripper_position": self._gripper(),
            "goal_position": np.array(base.goal, dtype=np.float64),
            "gripper_to_goal": self._distance(),
            "gripper_velocity": np.array(velocity, dtype=np.float64),
        }

    def success(self) -> bool:
        """Whether the gripper is at the goal now."""
        return self._distance() < float(self._base.distance_threshold)

    def compute_reward(self, achieved_goal: Any, desired_goal: Any, info: Any) -> Any:
        """The task's own reward of goals of shape (3,) or (N, 3): a float or shape (N,)."""
        return self._base.compute_reward(achieved_goal, desired_goal, info)

    def goal_features(
        self, achieved_goal: NDArray[Any], desired_goal: NDArray[Any]
    ) -> dict[str, NDArray[np.float64]]:
        """The features that depend on the goal, for hindsight replay.

        Args:
            achieved_goal: gripper positions of shape (N, 3), in m.
            desired_goal: points to reach, of shape (N, 3), in m.
        """
        goal = np.asarray(desired_goal, dtype=np.float64)
        gap = np.linalg.norm(np.asarray(achieved_goal) - goal, axis=-1)
        return {"goal_position": goal, "gripper_to_goal": np.asarray(gap, dtype=np.float64)}

    def compute_terminated(self, achieved_goal: Any, desired_goal: Any, info: Any) -> bool:
        """Always False: the task goes on after the goal is reached."""
        return bool(self._base.compute_terminated(achieved_goal, desired_goal, info))

    def compute_truncated(self, achieved_goal: Any, desired_goal: Any, info: Any) -> bool:
        """Always False: the time limit is applied outside."""
        return bool(self._base.compute_truncated(achieved_goal, desired_goal, info))

    def _gripper(self) -> NDArray[np.float64]:
        base = self._base
        return np.array(base._utils.get_site_xpos(base.model, base.data, SITE), dtype=np.float64)

    def _distance(self) -> float:
        return float(np.linalg.norm(self._gripper() - self._base.goal))

    def __deepcopy__(self, memo: dict[int, Any]) -> FeatureEnv:
        # gymnasium-robotics' own copy silently restarts the env; MuJoCo's state
        # can be copied; the constraint solver starts afresh, so the last bits may differ.
        clone = type(self)(**self._arguments)
        memo[id(self)] = clone
        base, target, mujoco = self._base, clone._base, self._base._mujoco
        kind = mujoco.mjtState.mjSTATE_INTEGRATION
        state = np.empty(mujoco.mj_stateSize(base.model, kind))
        mujoco.mj_getState(base.model, base.data, state, kind)
        mujoco.mj_setState(target.model, target.data, state, kind)
        mujoco.mj_forward(target.model, target.data)
        target.goal = copy.deepcopy(base.goal, memo)
        target.np_random = copy.deepcopy(base.np_random, memo)
        return clone
