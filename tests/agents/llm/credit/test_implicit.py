import math

import numpy as np
import pytest

from rewardsmith.agents.llm.credit import combine, credit, implicit_loss, implicit_rewards
from rewardsmith.agents.llm.record import Episode, Turn
from rewardsmith.errors import ConfigError


def episode(*turns):
    return Episode(
        tuple(
            Turn(t, "line", t, t + 1, float(env + own), {"env": float(env), "implicit": float(own)})
            for t, (env, own) in enumerate(turns)
        )
    )


PAIR = [episode((0, 0.2), (1, 0.4)), episode((0, 0.0))]


def test_episode_and_step_advantages_by_hand():
    found = credit(PAIR, [0, 0], method="istar", alpha=2.0, scale="none")
    # outcomes 1 and 0 without the implicit pay; steps .2, .4, 0 have mean .2
    assert found[0] == pytest.approx([0.5, 0.9])
    assert found[1] == pytest.approx([-0.9])


def test_without_weight_it_is_trajectory_credit_of_the_outcome():
    outcome = [
        Episode(tuple(Turn(t.turn_id, "", 0, 1, t.components["env"]) for t in e.turns))
        for e in PAIR
    ]
    plain = credit(outcome, [0, 0], method="trajectory")
    found = credit(PAIR, [0, 0], method="istar", alpha=0.0)
    assert np.concatenate(found) == pytest.approx(np.concatenate(plain))


def test_implicit_rewards_and_their_sum():
    paid = implicit_rewards(np.array([-1.0, -2.0]), np.array([-2.0, -1.5]), beta=0.1)
    assert paid == pytest.approx([0.1, -0.05])
    assert combine(np.array([1.0, 1.0]), paid, 10.0) == pytest.approx([2.0, 0.5])


def test_the_loss_is_over_all_pairs_of_success_and_failure():
    rewards = [np.array([1.0, 1.0]), np.array([0.5]), np.array([0.0])]
    pairs = [math.log1p(math.exp(-2.0 + 0.5)), math.log1p(math.exp(-2.0))]
    assert implicit_loss(rewards, np.array([True, False, False])) == pytest.approx(np.mean(pairs))
    assert implicit_loss(rewards, np.array([True, True, True])) == 0.0
    huge = implicit_loss([np.array([-1e4]), np.array([1e4])], np.array([True, False]))
    assert huge == pytest.approx(2e4)


def test_the_component_is_needed():
    with pytest.raises(ConfigError, match="Did you mean 'implicit'"):
        credit(PAIR, [0, 0], method="istar", component="implicid")
    with pytest.raises(ConfigError, match="beta of implicit_rewards"):
        implicit_rewards(np.zeros(1), np.zeros(1), beta=0.0)
