import math

import numpy as np
import pytest

from rewardsmith.agents.llm.credit import credit
from rewardsmith.agents.llm.record import Episode, Turn
from rewardsmith.errors import ConfigError


def episode(*turns):
    return Episode(
        tuple(Turn(t, "line", t, t + 1, float(r), anchor=a) for t, (a, r) in enumerate(turns))
    )


#: step returns at 0.5: hall .5, kitchen 1; hall 0 + .25 * 2, hall .5 * 2, attic 2
GROUP = [
    episode(("hall", 0), ("kitchen", 1)),
    episode(("hall", 0), ("hall", 0), ("attic", 2)),
]


def test_turns_of_equal_anchors_are_compared_by_hand():
    found = credit(GROUP, [0, 0], method="gigpo", step_gamma=0.5, omega=2.0)
    # episode: returns 1 and 2, so -.5 and .5; hall: .5, .5, 1, mean 2/3; kitchen and attic alone
    third = 1 / 3
    assert found[0] == pytest.approx([-0.5 - third, -0.5])
    assert found[1] == pytest.approx([0.5 - third, 0.5 + 2 * third, 0.5])


def test_both_levels_divided_by_their_deviation():
    found = credit(GROUP, [0, 0], method="gigpo", step_gamma=0.5, scale="group", epsilon=0.0)
    episode_level = 0.5 / math.sqrt(0.5)
    hall = np.array([0.5, 0.5, 1.0])
    steps = (hall - hall.mean()) / hall.std(ddof=1)
    assert found[0] == pytest.approx([-episode_level + steps[0], -episode_level])
    assert found[1] == pytest.approx(episode_level + np.array([steps[1], steps[2], 0.0]))


def test_without_weight_it_is_trajectory_credit():
    plain = credit(GROUP, [0, 0], method="trajectory", scale="none")
    found = credit(GROUP, [0, 0], method="gigpo", omega=0.0)
    assert np.concatenate(found) == pytest.approx(np.concatenate(plain))


def test_anchors_of_other_groups_and_empty_ones_are_not_compared():
    here = [episode(("hall", 1), ("", 4)), episode(("yard", 1), ("", 2))]
    there = [episode(("hall", 9)), episode(("yard", 0))]
    found = credit([*here, *there], [0, 0, 1, 1], method="gigpo")
    plain = credit([*here, *there], [0, 0, 1, 1], method="trajectory", scale="none")
    assert np.concatenate(found) == pytest.approx(np.concatenate(plain))


def test_refusals():
    bare = [Episode((Turn(0, "line", 0, 1, 1.0),))] * 2
    with pytest.raises(ConfigError, match="anchor=observation"):
        credit(bare, [0, 0], method="gigpo")
    with pytest.raises(ConfigError, match=r"step_gamma of gigpo lies in \[0, 1\]"):
        credit(GROUP, [0, 0], method="gigpo", step_gamma=1.5)
    with pytest.raises(ConfigError, match="omega of gigpo"):
        credit(GROUP, [0, 0], method="gigpo", omega=-1)
