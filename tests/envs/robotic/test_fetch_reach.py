import copy
import ctypes.util
import os
import subprocess
import sys
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import yaml
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils.env_checker import check_env as check_gymnasium
from stable_baselines3.common.env_checker import check_env as check_sb3

from rewardsmith.envs.robotic import catalog
from rewardsmith.envs.robotic.fetch_reach import FetchReach

pytest.importorskip("gymnasium_robotics")


@pytest.fixture(scope="module")
def env() -> FetchReach:
    return FetchReach()


def towards_goal(info: dict[str, Any]) -> Any:
    gap = info["features"]["goal_position"] - info["features"]["gripper_position"]
    # an action of 1 moves the gripper's target by 5 cm
    return np.append(np.clip(gap / 0.05, -1, 1), 0).astype(np.float32)


# What the checkers say of gymnasium-robotics' own spaces, and of any wrapped env.
@pytest.mark.filterwarnings("ignore:.*different from the unwrapped version")
@pytest.mark.filterwarnings("ignore:.*observation space (minimum|maximum) value is -?inf")
@pytest.mark.parametrize("entry", catalog.ENVS, ids=lambda e: e.id)
def test_both_checkers_pass(entry: Any) -> None:
    made = gym.make(
        EnvSpec(
            entry.id,
            entry_point=entry.factory,
            kwargs=dict(entry.kwargs),
            max_episode_steps=entry.max_episode_steps,
        )
    )
    check_gymnasium(made, skip_render_check=True)
    made.close()
    # SB3 asks the outermost env for compute_reward, which a TimeLimit does not pass on.
    check_sb3(FetchReach(**entry.kwargs))


def test_every_info_obeys_the_schema(env: FetchReach) -> None:
    env.action_space.seed(0)
    obs, info = env.reset(seed=0)
    for _ in range(60):
        env.feature_schema.validate(info["features"])
        assert type(info["is_success"]) is bool
        np.testing.assert_allclose(info["features"]["gripper_position"], obs["achieved_goal"])
        np.testing.assert_allclose(info["features"]["goal_position"], obs["desired_goal"])
        obs, _, terminated, truncated, info = env.step(env.action_space.sample())
        assert not terminated
        assert not truncated


def test_velocity_is_in_metres_per_second(env: FetchReach) -> None:
    env.reset(seed=0)
    for _ in range(6):
        obs, *_, info = env.step(np.array([1, 0, 0, 0], dtype=np.float32))
    # gymnasium-robotics reports displacement per step of 20 * 2 ms
    np.testing.assert_allclose(info["features"]["gripper_velocity"] * 0.04, obs["observation"][5:8])
    assert info["features"]["gripper_velocity"][0] > 0.3


def test_moving_towards_the_goal_succeeds(env: FetchReach) -> None:
    obs, info = env.reset(seed=3)
    start = info["features"]["gripper_to_goal"]
    assert start == pytest.approx(np.linalg.norm(obs["achieved_goal"] - obs["desired_goal"]))
    assert start > 0.05
    assert not info["is_success"]
    for _ in range(20):
        _, reward, *_, info = env.step(towards_goal(info))
        assert info["is_success"] is (reward == 0)
        assert info["is_success"] is (info["features"]["gripper_to_goal"] < 0.05)
    assert info["is_success"]


def test_compute_reward_takes_batches(env: FetchReach) -> None:
    goals = np.zeros((3, 3))
    reached = np.array([[0, 0, 0.04], [0, 0, 0.06], [0.3, 0, 0.4]])
    outer = gym.wrappers.TimeLimit(env, 50)
    sparse = outer.get_wrapper_attr("compute_reward")(reached, goals, [{}] * 3)
    np.testing.assert_array_equal(sparse, [0, -1, -1])
    dense = FetchReach(reward_type="dense").compute_reward(reached, goals, [{}] * 3)
    np.testing.assert_allclose(dense, [-0.04, -0.06, -0.5])


def test_a_copy_steps_independently(env: FetchReach) -> None:
    env.reset(seed=5)
    env.action_space.seed(5)
    for _ in range(3):
        env.step(env.action_space.sample())
    clone = copy.deepcopy(env)
    before = np.array(env.features()["gripper_position"])
    actions = [env.action_space.sample() for _ in range(4)]
    ahead = [clone.step(a)[0] for a in actions]
    np.testing.assert_array_equal(env.features()["gripper_position"], before)
    for action, expected in zip(actions, ahead, strict=True):
        obs = env.step(action)[0]
        for key in obs:
            np.testing.assert_allclose(obs[key], expected[key], rtol=0, atol=1e-9)
    # the next goal comes from the same random stream
    np.testing.assert_array_equal(env.reset()[0]["desired_goal"], clone.reset()[0]["desired_goal"])


@pytest.mark.skipif(not ctypes.util.find_library("OSMesa"), reason="needs libosmesa6")
def test_renders_without_a_screen() -> None:
    code = (
        "from rewardsmith.envs.robotic.fetch_reach import FetchReach\n"
        "FetchReach().reset(seed=0)\n"
        "env = FetchReach(render_mode='rgb_array'); env.reset(seed=0)\n"
        "frame = env.render(); env.close()\n"
        "assert frame.shape == (480, 480, 3) and frame.std() > 10, frame"
    )
    # The OpenGL backend is chosen once per process, so this needs one of its own.
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={k: v for k, v in os.environ.items() if k not in ("MUJOCO_GL", "DISPLAY")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Adroit" not in done.stderr


def test_rewards_file_is_complete() -> None:
    path = catalog.__file__.replace("catalog.py", "fetch_reach.yaml")
    with open(path) as file:
        named = yaml.safe_load(file)
    assert {"sparse", "potential", "gated", "biased"} <= set(named)
    assert all(set(reward) == {"doc", "formula"} for reward in named.values())
