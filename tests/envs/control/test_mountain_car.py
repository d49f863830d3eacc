import numpy as np
import pytest

from rewardsmith.envs.control.mountain_car import MountainCar, MountainCarContinuous

VALLEY = -np.pi / 6  # where 0.45 sin(3x) + 0.55 is lowest: 0.1 m


@pytest.mark.parametrize("kind", [MountainCar, MountainCarContinuous])
def test_features_of_known_states(kind: type) -> None:
    env = kind()
    env.reset(seed=0)
    env.unwrapped.state = np.array([VALLEY, 0.05])
    features = env.features()
    assert features["height"] == pytest.approx(0.1)
    assert features["mechanical_energy"] == pytest.approx(0.1 + 270 * 0.0025)
    assert features["car_velocity"] == 0.05
    assert features["distance_to_goal"] == pytest.approx(env.unwrapped.goal_position - VALLEY)
    env.unwrapped.state = np.array([0.55, 0.0])
    assert env.features()["distance_to_goal"] == 0


def test_energy_is_conserved_with_the_engine_off() -> None:
    env = MountainCar()
    env.reset(seed=0)
    env.unwrapped.state = np.array([-0.9, 0.0])
    energies = []
    for _ in range(200):
        info = env.step(1)[4]
        energies.append(info["features"]["mechanical_energy"])
    # 0.55 + 0.45 sin(-2.7): the car swings but the height that it coasts to stays
    assert np.allclose(energies, 0.3577, atol=0.02)


def test_success_is_the_flag() -> None:
    env = MountainCar()
    assert not env.reset(seed=0)[1]["is_success"]
    env.unwrapped.state = np.array([0.47, 0.05])
    _, _, terminated, _, info = env.step(2)
    assert terminated
    assert info["is_success"]


def test_the_continuous_flag_stands_at_045() -> None:
    env = MountainCarContinuous()
    env.reset(seed=0)
    env.unwrapped.state = np.array([0.42, 0.05])
    _, reward, terminated, _, info = env.step(np.array([0.0], dtype=np.float32))
    assert terminated
    assert reward == 100
    assert info["is_success"]


def test_swinging_with_the_velocity_reaches_the_flag() -> None:
    env = MountainCar()
    _, info = env.reset(seed=4)
    for _ in range(200):
        right = info["features"]["car_velocity"] >= 0
        _, _, terminated, _, info = env.step(2 if right else 0)
        if terminated:
            break
    assert info["is_success"]
