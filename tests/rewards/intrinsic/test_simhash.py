from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from rewardsmith.errors import ConfigError
from rewardsmith.storage import load_state, save_state


def lived(term: Any, steps: Any) -> list[list[float]]:
    paid = []
    for step in steps:
        paid.append(term.step(step).tolist())
        term.update(step)
    return paid


def test_codes_by_hand(place: Any, step_of: Any) -> None:
    term = place("simhash(on=[x, y], bits=2)", size=2)
    term.projection = np.array([[1, 0], [0, 1]], dtype=np.float32)  # the signs of x and of y

    def to(*ends: Any) -> Any:
        return step_of(np.zeros((len(ends), 2)), np.array(ends))

    step = to([5, 1], [-3, 2], [-1, -9], [2, -2])
    assert term.keys(step).tolist() == [0b11, 0b10, 0b00, 0b01]
    # One quadrant is one state: (1, 7) is the second visit of (5, 1)'s.
    assert lived(term, [to([5, 1], [-3, 2]), to([1, 7], [1, -1])]) == [
        [1, 1],
        pytest.approx([2**-0.5, 1]),
    ]


def test_near_states_share_codes_as_often_as_their_angle_says(place: Any, step_of: Any) -> None:
    """Charikar 2002: two rows agree in a bit with the chance 1 - angle / pi."""
    for angle in (0.1, 0.5, 2.0):
        turned = [np.cos(angle), np.sin(angle)]
        agreed = []
        for seed in range(40):
            term = place(f"simhash(on=[x, y], bits=64, seed={seed})", size=2)
            one, other = term.keys(step_of(np.zeros((2, 2)), [[1, 0], turned])).tolist()
            agreed.append(64 - (one ^ other).bit_count())
        # 2,560 bits: a deviation of at most 0.01
        assert np.mean(agreed) / 64 == pytest.approx(1 - angle / np.pi, abs=0.04)


def test_pictures_have_codes(place: Any, step_of: Any) -> None:
    term = place("simhash(bits=16)", observation_space=spaces.Box(0, 255, (24, 24, 3), np.uint8))
    step = step_of(np.zeros((2, 4)), np.zeros((2, 4)))
    step.next_obs = np.zeros((2, 24, 24, 3), dtype=np.uint8)
    step.next_obs[1, 5:15] = 200
    assert len(set(term.keys(step).tolist())) == 2


def test_a_resumed_term_goes_on(place: Any, walk: Any, tmp_path: Any) -> None:
    formula, steps = "simhash(bits=3)", walk(60)
    whole, half, rest = place(formula), place(formula), place(formula)
    expected = lived(whole, steps)
    found = lived(half, steps[:29])
    save_state(tmp_path / "state.npz", half.state_dict())
    rest.load_state_dict(load_state(tmp_path / "state.npz"))
    assert found + lived(rest, steps[29:]) == expected
    assert np.mean(expected[-10:]) < np.mean(expected[:2])
    with pytest.raises(ConfigError, match=r"codes of 8 bits. Received 3; write bits=3"):
        place("simhash(bits=8)").load_state_dict(half.state_dict())
    with pytest.raises(ConfigError, match=r"4 numbers|1 numbers"):
        place("simhash(x, bits=3)").load_state_dict(half.state_dict())


def test_codes_of_more_than_64_bits_are_refused(place: Any) -> None:
    with pytest.raises(ConfigError, match=r"bits of simhash lies in \[1, 64\]. Received 65"):
        place("simhash(bits=65)")


def test_codes_know_directions_of_any_length(place: Any, step_of: Any) -> None:
    rows = np.random.default_rng(0).uniform(-1, 1, size=(2, 4))
    term = place("simhash()")
    near, far = (term.keys(step_of(rows * unit, rows * unit)) for unit in (1.0, 3.4e38))
    assert near.tolist() == far.tolist()
