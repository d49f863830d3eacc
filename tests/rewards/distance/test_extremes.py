"""Rewards at the ends of float64's range, beside large offsets, and inputs that are none."""

import numpy as np
import pytest

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.distance import dard, epic, proxy_correlation, starc

RNG = np.random.default_rng(0)
MOVES = RNG.dirichlet(np.ones(4), size=(4, 2))
A, B = RNG.normal(size=(2, 4, 2, 4))
METRICS = {
    "epic": lambda a, b, p=MOVES, g=0.9: epic(a, b, gamma=g).distance,
    "dard": lambda a, b, p=MOVES, g=0.9: dard(a, b, dynamics=p, gamma=g).distance,
    "starc": lambda a, b, p=MOVES, g=0.9: starc(a, b, dynamics=p, gamma=g).distance,
    "potential": lambda a, b, p=MOVES, g=0.9: (
        starc(a, b, dynamics=p, gamma=g, canonical="val_potential").distance
    ),
}
every_metric = pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)


@every_metric
@pytest.mark.parametrize("k", [1e-300, 1e-160, 1e-150, 1e153, 1e155, 1e160, 1e300])
def test_no_scale_matters(metric, k):
    assert metric(A, k * A) == pytest.approx(0.0, abs=1e-12)
    assert metric(k * A, k * B) == pytest.approx(metric(A, B), rel=1e-9)
    assert metric(k * A, -A) == pytest.approx(metric(A, -A), rel=1e-12)


@every_metric
def test_a_form_that_overflows_is_refused(metric):
    with np.errstate(all="ignore"), pytest.raises(ConfigError, match="Divide the reward by a"):
        metric(A, np.where(A > 0, 1.7e308, -1.7e308))


@every_metric
def test_an_offset_that_leaves_digits_is_no_distance(metric):
    # Neither process ends, so a constant on every step is shaping.
    assert metric(A, A + 1e5) == pytest.approx(0.0, abs=1e-9)


@every_metric
def test_an_offset_that_swallows_the_reward_is_refused(metric):
    with pytest.raises(ConfigError, match="Take the offset or the potential off first"):
        metric(A, A + 1e14)


@every_metric
def test_a_constant_of_any_size_is_the_zero_reward(metric):
    for constant in (1e-300, 3.7, 1e14, 1e300):
        assert metric(np.full_like(A, constant), np.zeros_like(A)) == 0.0


def test_a_large_offset_keeps_its_distance_where_episodes_end():
    # One state and one that ends it; R pays 1 for leaving and 0 for staying.
    moves = np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 1.0]]])
    ends = np.array([False, True])
    pays = np.array([[[0.0, 0.0], [0.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]]])
    # V is the mean over both actions, so the forms of staying and leaving are opposite and only
    # a sign is left. With c on each step V = (4c + 2)/3, and leaving has 1 + c - V = (1 - c)/3.
    for c, distance in ((-1e6, 0.0), (1e6, 2.0)):
        found = starc(pays, pays + c, dynamics=moves, gamma=0.5, terminal=ends).distance
        assert found == pytest.approx(distance, abs=1e-5)


@every_metric
@pytest.mark.parametrize("gamma", ["x", None, 1j, [0.9]])
def test_a_gamma_that_is_no_number_is_refused(metric, gamma):
    with pytest.raises(ConfigError, match="A discount gamma lies in"):
        metric(A, B, g=gamma)


@every_metric
@pytest.mark.parametrize(("given", "told"), [(1j * A, "complex ones"), (None, "None")])
def test_a_reward_of_other_numbers_is_refused(metric, given, told):
    with pytest.raises(ConfigError, match=f"reward_a must be an array of real .* {told}"):
        metric(given, A)


def test_dynamics_that_are_not_finite_are_no_fault_of_the_reward():
    with pytest.raises(ConfigError, match=r"dynamics must be finite .* Mend it there\.$"):
        METRICS["dard"](A, B, p=MOVES * np.nan)


def test_correlations_of_the_largest_floats():
    found = proxy_correlation([1e308, -1e308, 1.0], [1.0, 2.0, 3.0])
    # With x = (1, -1, 0) and y = (-1, 0, 1): the sum of products is -1, the norms sqrt(2) each.
    assert found.pearson == pytest.approx(-0.5)
