import numpy as np
import pytest

from rewardsmith.envs.control.pendulum import Pendulum

NO_TORQUE = np.zeros(1, dtype=np.float32)


def at(env: Pendulum, *state: float) -> dict[str, float]:
    env.unwrapped.state = np.array(state)  # type: ignore[attr-defined]
    return env.features()


def test_features_of_known_states() -> None:
    env = Pendulum()
    env.reset(seed=0)
    hanging = at(env, np.pi, 0)
    assert abs(hanging["pendulum_angle"]) == pytest.approx(np.pi)
    assert hanging["upright"] == pytest.approx(-1)
    assert hanging["mechanical_energy"] == pytest.approx(-5)
    turns = at(env, 4 * np.pi + 0.5, 6)
    assert turns["pendulum_angle"] == pytest.approx(0.5)
    # omega^2/6 = 6, g/2 cos 0.5 = 4.3879
    assert turns["mechanical_energy"] == pytest.approx(10.3879, abs=1e-4)


def test_energy_is_conserved_without_torque() -> None:
    env = Pendulum()
    env.reset(seed=0)
    env.unwrapped.state = np.array([2.5, 0.0])  # type: ignore[attr-defined]
    energies = [env.step(NO_TORQUE)[4]["features"]["mechanical_energy"] for _ in range(100)]
    assert np.allclose(energies, 5 * np.cos(2.5), atol=0.35)


@pytest.mark.parametrize(
    ("state", "balanced"),
    [((0.1, 0.1), True), ((0.25, 0.0), False), ((0.0, 1.0), False), ((2 * np.pi, 0.0), True)],
)
def test_success_is_upright_and_slow(state: tuple[float, float], balanced: bool) -> None:
    env = Pendulum()
    env.reset(seed=0)
    env.unwrapped.state = np.array(state)  # type: ignore[attr-defined]
    assert env.success() is balanced


def test_gravity_scales_the_energy_bounds() -> None:
    schema = Pendulum(g=2.0).feature_schema
    assert schema["mechanical_energy"].low == -1
    assert schema["mechanical_energy"].high == pytest.approx(1 + 64 / 6)
