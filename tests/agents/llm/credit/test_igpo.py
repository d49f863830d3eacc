import numpy as np
import pytest

from rewardsmith.agents.llm.credit import credit
from rewardsmith.agents.llm.record import Episode, Turn
from rewardsmith.errors import ConfigError


def episode(*rewards):
    return Episode(tuple(Turn(t, "line", t, t + 1, float(r)) for t, r in enumerate(rewards)))


#: gains and, at the last turn, the outcome
PAIR = [episode(0.2, 0.0, 1.0), episode(0.4, 0.0)]


def test_jointly_normalised_by_hand():
    found = credit(PAIR, [0, 0], method="igpo", gamma=0.5, epsilon=0.0)
    rewards = np.array([0.2, 0.0, 1.0, 0.4, 0.0])
    z = (rewards - 0.32) / np.sqrt(np.mean((rewards - 0.32) ** 2))
    assert found[0] == pytest.approx([z[0] + 0.5 * z[1] + 0.25 * z[2], z[1] + 0.5 * z[2], z[2]])
    assert found[1] == pytest.approx([z[3] + 0.5 * z[4], z[4]])


def test_gains_and_outcomes_apart_by_hand():
    found = credit(PAIR, [0, 0], method="igpo", norm="separate", scale="none")
    # gains .2, 0, .4: mean .2; outcomes 1, 0: mean .5
    assert found[0] == pytest.approx([0.3, 0.3, 0.5])
    assert found[1] == pytest.approx([-0.3, -0.5])


def test_a_gain_of_zero_is_a_turn_like_any_other():
    found = credit([episode(0, 1), episode(0, 0)], [0, 0], method="igpo", scale="none")
    assert found[0] == pytest.approx([0.5, 0.75])
    assert found[1] == pytest.approx([-0.5, -0.25])


def test_norms_are_named():
    with pytest.raises(ConfigError, match="Did you mean 'separate'"):
        credit(PAIR, [0, 0], method="igpo", norm="seperate")
