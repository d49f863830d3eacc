import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from gymnasium.envs.box2d.lunar_lander import heuristic

from rewardsmith.envs.control.lunar_lander import LunarLander, engine_power


def play(env: Any, seed: int, pilot: bool) -> tuple[dict[str, Any], float]:
    obs, info = env.reset(seed=seed)
    assert not info["is_success"]
    for _ in range(1000):
        action = heuristic(env.unwrapped, obs) if pilot else 0
        obs, reward, terminated, _, info = env.step(action)
        if terminated:
            return info, reward
    raise AssertionError("the episode did not end")


@pytest.mark.parametrize("continuous", [False, True])
def test_gymnasiums_pilot_lands(continuous: bool) -> None:
    info, reward = play(LunarLander(continuous=continuous), seed=1, pilot=True)
    assert reward == 100
    assert info["is_success"]
    features = info["features"]
    assert features["landed"]
    assert features["left_contact"]
    assert features["right_contact"]
    # at rest on the pad: the feet within its half width (2 m), and no speed left
    assert features["distance_to_pad"] < 2
    assert abs(features["velocity_y"]) < 0.1
    assert features["fuel_used"] > 5


def test_free_fall_crashes() -> None:
    info, reward = play(LunarLander(), seed=0, pilot=False)
    assert reward == -100
    assert not info["is_success"]
    assert info["features"]["fuel_used"] == 0


def test_features_are_the_observation_in_metres() -> None:
    env = LunarLander()
    env.reset(seed=7)
    for action in (2, 1, 2, 3, 0):
        obs, *_, info = env.step(action)
    features = info["features"]
    # Gymnasium's note: x 10, y 6.666, vx 5, vy 7.5, angular velocity 2.5
    assert features["lander_x"] == pytest.approx(10 * obs[0], rel=1e-5)
    assert features["lander_y"] == pytest.approx(obs[1] * 20 / 3, rel=1e-5)
    assert features["velocity_x"] == pytest.approx(obs[2] * 5, rel=1e-5)
    assert features["velocity_y"] == pytest.approx(obs[3] * 7.5, rel=1e-5)
    assert features["lander_angle"] == pytest.approx(obs[4], rel=1e-5)
    assert features["angular_velocity"] == pytest.approx(obs[5] * 2.5, rel=1e-5)
    # two main frames and two side frames
    assert features["fuel_used"] == pytest.approx(2 * 0.30 + 2 * 0.03)


@pytest.mark.parametrize(
    ("action", "power"),
    [
        ([0.0, 0.0], (0, 0)),
        ([1.0, -1.0], (1, 1)),
        ([0.2, 0.5], (0.6, 0)),
        ([-1.0, 0.75], (0, 0.75)),
        ([9.0, -9.0], (1, 1)),
    ],
)
def test_throttles(action: list[float], power: tuple[float, float]) -> None:
    assert engine_power(np.array(action), continuous=True) == pytest.approx(power)


def test_importing_survives_warnings_as_errors() -> None:
    code = "import rewardsmith.envs.control.lunar_lander"
    subprocess.run([sys.executable, "-W", "error::DeprecationWarning", "-c", code], check=True)
