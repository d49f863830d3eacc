import numpy as np
import pytest

from rewardsmith.envs.control.acrobot import Acrobot


def at(env: Acrobot, *state: float) -> dict[str, float]:
    env.unwrapped.state = np.array(state)  # type: ignore[attr-defined]
    return env.features()


def test_features_of_known_states() -> None:
    env = Acrobot()
    env.reset(seed=0)
    hanging = at(env, 0, 0, 0, 0)
    assert hanging["tip_height"] == -2
    assert hanging["mechanical_energy"] == pytest.approx(-19.6)
    upright = at(env, np.pi, 0, 0, 0)
    assert upright["tip_height"] == pytest.approx(2)
    assert upright["mechanical_energy"] == pytest.approx(19.6)
    level = at(env, np.pi / 2, 0, 0, 0)
    assert level["tip_height"] == pytest.approx(0)
    # Rigid and straight: inertia about the pivot is (0.25 + 1) + (2.25 + 1) = 4.5 kg m^2.
    turning = at(env, np.pi / 2, 0, 2, 0)
    assert turning["mechanical_energy"] == pytest.approx(0.5 * 4.5 * 4)


def test_energy_is_conserved_without_torque() -> None:
    env = Acrobot()
    env.reset(seed=0)
    env.unwrapped.state = np.array([1.0, -0.5, 0.3, 0.2])  # type: ignore[attr-defined]
    first = env.features()["mechanical_energy"]
    energies = [env.step(1)[4]["features"]["mechanical_energy"] for _ in range(50)]
    assert np.allclose(energies, first, atol=0.15)


def test_success_is_the_tip_above_the_bar() -> None:
    env = Acrobot()
    assert not env.reset(seed=0)[1]["is_success"]
    env.unwrapped.state = np.array([np.pi, 0.0, 0.0, 0.0])  # type: ignore[attr-defined]
    _, reward, terminated, _, info = env.step(1)
    assert terminated
    assert reward == 0
    assert info["is_success"]
