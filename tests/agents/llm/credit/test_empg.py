import math

import numpy as np
import pytest

from rewardsmith.agents.llm.credit import credit
from rewardsmith.agents.llm.record import Episode, Turn
from rewardsmith.errors import ConfigError


def episode(*turns):
    return Episode(
        tuple(Turn(t, "line", t, t + 1, float(r), entropy=h) for t, (r, h) in enumerate(turns))
    )


PAIR = [episode((0, 1.0), (1, 3.0)), episode((0, 2.0))]


def test_modulation_and_bonus_by_hand():
    found = credit(PAIR, [0, 0], method="empg", zeta=0.1, k=1.0, k_future=2.0, scale="none")
    # entropies scaled to 0, 1, 1/2; advantages .5, .5, -.5
    g = np.exp([0.0, -1.0, -0.5])
    g /= g.mean()
    expected = np.array([0.5, 0.5, -0.5]) * g
    expected[0] += 0.1 * math.exp(-2.0)
    expected -= expected.mean()
    assert np.concatenate(found) == pytest.approx(expected, abs=1e-7)


def test_without_doubt_and_bonus_it_is_centred_trajectory_credit():
    found = credit(PAIR, [0, 0], method="empg", k=0.0, zeta=0.0)
    plain = np.concatenate(credit(PAIR, [0, 0], method="trajectory"))
    assert np.concatenate(found) == pytest.approx(plain - plain.mean(), abs=1e-7)


def test_confident_turns_move_more():
    found = credit(
        [episode((0, 0.1), (0, 2.0), (1, 0.1)), episode((0, 0.1))], [0, 0], method="empg", zeta=0.0
    )
    assert found[0][0] == found[0][2] > found[0][1]


def test_equal_entropies_are_no_division_by_zero():
    same = [episode((0, 1.0), (1, 1.0)), episode((0, 1.0))]
    found = credit(same, [0, 0], method="empg", zeta=0.0, scale="none")
    assert np.concatenate(found) == pytest.approx(np.array([1, 1, -2]) / 3, abs=1e-6)


def test_entropies_are_needed():
    with pytest.raises(
        ConfigError, match=r"Received None at turn 1 of episode 0; record Turn\(entropy"
    ):
        credit([episode((0, 1.0), (1, None)), PAIR[1]], [0, 0], method="empg")
    with pytest.raises(ConfigError, match="Received nan"):
        credit([episode((0, math.nan)), PAIR[1]], [0, 0], method="empg")
    with pytest.raises(ConfigError, match="zeta of empg"):
        credit(PAIR, [0, 0], method="empg", zeta=-0.1)
