"""Sampled EPIC: its known distances, and how fast it comes to the exact figure."""

from dataclasses import replace

import numpy as np
import pytest

from rewardsmith import FeatureSchema, RewardStack
from rewardsmith.errors import BindingError, ConfigError
from rewardsmith.features import Feature
from rewardsmith.rewards.distance import Sampling, epic, epic_sampled
from rewardsmith.term import Binding, Learner

NONE = Sampling(resamples=0)


@pytest.mark.parametrize(("n", "known", "runs"), [(64, 0.060, 40), (1024, 0.017, 12)])
def test_spread_and_standard_error(grid, drawn, looked_up, n, known, runs):
    other = grid.redistributed()
    exact = epic(grid.reward, other, gamma=0.95, terminal=grid.terminal).distance
    found = [
        epic_sampled(
            looked_up(grid.reward), looked_up(other), drawn(n, seed), gamma=0.95,
            sampling=Sampling(seed=seed, resamples=40 if seed < 3 else 0),
        )
        for seed in range(runs)
    ]  # fmt: skip
    distances = [each.distance for each in found]
    spread = np.std(distances, ddof=1)
    assert known / 2 < spread < known * 2
    assert abs(np.mean(distances) - exact) < 4 * spread / np.sqrt(runs) + 0.01
    errors = [each.standard_error for each in found[:3]]
    assert spread / 2 < np.mean(errors) < spread * 2
    assert found[3].standard_error is None
    assert found[0].n == n


@pytest.mark.parametrize("gamma", [0.5, 0.95])
def test_known_distances_hold_at_any_sample_size(grid, drawn, looked_up, gamma):
    batch, r = drawn(20), looked_up(grid.reward)
    shaped = looked_up(2 * grid.reward + 50 * grid.shaping(gamma=gamma))
    given = {"transitions": batch, "gamma": gamma, "sampling": NONE}
    assert epic_sampled(r, shaped, **given).distance < 1e-7
    assert epic_sampled(r, looked_up(-grid.reward), **given).distance == pytest.approx(1)
    zero = looked_up(0 * grid.reward)
    assert epic_sampled(zero, looked_up(grid.shaping(gamma=gamma)), **given).distance == 0.0
    assert epic_sampled(zero, r, **given).distance == 0.5


def test_a_potential_left_at_terminals_is_overlooked_only_where_ends_are_ignored(
    grid, drawn, looked_up
):
    wrong = looked_up(grid.reward + grid.shaping(np.where(grid.terminal, 0.9, grid.phi)))
    given = {"transitions": drawn(200), "gamma": 0.95, "sampling": NONE}
    assert epic_sampled(looked_up(grid.reward), wrong, ends="ignore", **given).distance < 1e-7
    assert epic_sampled(looked_up(grid.reward), wrong, **given).distance > 0.05


def _bound(formula, gamma=0.95):
    schema = FeatureSchema([Feature("phi", "a potential")])
    return RewardStack.parse(formula).bind(Binding(schema, Learner(gamma=gamma)))


def test_stacks_are_compared(drawn):
    batch = drawn(100)
    given = {"transitions": batch, "gamma": 0.95, "sampling": NONE}
    plain, shaped = _bound("abs(next(phi))"), _bound("3*abs(next(phi)) + potential(phi)")
    assert epic_sampled(plain, shaped, **given).distance < 1e-7
    other_gamma = _bound("3*abs(next(phi)) + 5*potential(phi)", gamma=0.5)
    assert epic_sampled(plain, other_gamma, **given).distance > 0.01


def test_the_envs_own_reward_is_asked_for(grid, drawn):
    given = {"transitions": drawn(100), "gamma": 0.95, "sampling": NONE}
    own, shaped = _bound("env"), _bound("env + potential(phi)")
    with pytest.raises(ConfigError, match="reads it"):
        epic_sampled(own, shaped, **given)

    def env_reward(batch):
        return grid.reward[batch.obs, batch.action, batch.next_obs]

    batch = given["transitions"]
    given["transitions"] = replace(batch, env_reward=env_reward(batch))
    assert epic_sampled(own, shaped, env_reward=env_reward, **given).distance < 1e-7


def test_equal_seeds_give_equal_distances(grid, drawn, looked_up):
    rewards = looked_up(grid.reward), looked_up(grid.redistributed())
    given = {"transitions": drawn(50), "gamma": 0.9}
    one, two, three = (
        epic_sampled(*rewards, sampling=Sampling(seed=s, chunk=c), **given)
        for s, c in ((1, 65536), (1, 7), (2, 65536))
    )
    assert one.distance == pytest.approx(two.distance, rel=1e-12)
    assert one.standard_error == pytest.approx(two.standard_error, rel=1e-9)
    assert one.standard_error != three.standard_error


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gamma": -0.1}, r"lies in \[0, 1\]"),
        ({"ends": "ignored"}, "Did you mean 'ignore'"),
        ({"reward_b": lambda batch: np.zeros((3, 3))}, r"shape \(3, 3\)"),
        ({"reward_b": lambda batch: batch.obs * np.nan}, "also on transitions that did not"),
        ({"reward_b": np.zeros((25, 4, 25))}, "use epic, dard or starc"),
    ],
)
def test_bad_input_is_refused(drawn, changes, message):
    given = {"reward_a": lambda batch: batch.obs, "reward_b": lambda batch: batch.obs}
    given |= {"transitions": drawn(20), "gamma": 0.9} | changes
    with pytest.raises(ConfigError, match=message):
        epic_sampled(**given)


def test_stacks_that_cannot_serve_are_refused(drawn):
    with pytest.raises(BindingError, match="bind"):
        epic_sampled(RewardStack.parse("phi"), _bound("phi"), drawn(20), gamma=0.9)
    with pytest.raises(ConfigError, match="at least 2 transitions"):
        epic_sampled(_bound("phi"), _bound("phi"), drawn(1), gamma=0.9)
    with pytest.raises(ConfigError, match="resamples is at least 0"):
        Sampling(resamples=-1)
