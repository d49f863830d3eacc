import numpy as np
import pytest

from rewardsmith.envs.control.cartpole import CartPole


def test_features_of_a_known_state() -> None:
    env = CartPole()
    env.reset(seed=0)
    # one Euler step of 0.02 s: positions move by 0.02 times the velocities
    env.unwrapped.state = np.array([1.0, 0.5, 0.1, -1.0])
    features = env.step(1)[4]["features"]
    assert features["cart_position"] == pytest.approx(1.01)
    assert features["pole_angle"] == pytest.approx(0.08)
    assert features["pole_upright"] == pytest.approx(0.9968017)  # cos 0.08
    assert features["track_left"] == pytest.approx(1.39)
    assert features["cart_velocity"] > 0.5
    assert features["steps_alive"] == 1


def test_a_fallen_pole_is_no_success_and_reset_forgets_the_steps() -> None:
    env = CartPole()
    env.reset(seed=0)
    terminated = False
    while not terminated:
        *_, terminated, _, info = env.step(1)
    assert 5 < info["features"]["steps_alive"] < 20
    assert not info["is_success"]
    assert env.reset()[1]["features"]["steps_alive"] == 0


def test_success_comes_with_step_475() -> None:
    env = CartPole()
    obs, _ = env.reset(seed=0)
    for _step in range(475):
        # A linear law on angle, rate, position and velocity balances the pole.
        lean = 10 * obs[2] + obs[3] * 2 + 0.5 * obs[0] + 0.8 * obs[1]
        before = env.success()
        obs, _, terminated, _, info = env.step(int(lean > 0))
        assert not terminated
    assert info["features"]["steps_alive"] == 475
    assert info["is_success"]
    assert not before
