"""The trajectory alignment coefficient against hand-worked numbers and scipy."""

import numpy as np
import pytest
from scipy import stats

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.distance.alignment import ranked_pairs, trajectory_alignment


def test_by_hand():
    # Pairs (0,1) (0,2) (1,2): preferences +, +, tie; returns 2, 1, 1 give +, +, tie.
    # Pair (2, 3) adds preference + against returns 1 < 3: sum 2 - 1 over sqrt(3 * 3).
    pairs = [(0, 1), (0, 2), (1, 2), (2, 3)]
    found = trajectory_alignment([2, 1, 1, 3], pairs, [1, 1, 0, 1], least=4)
    assert found.tau_b == pytest.approx(1 / 3)
    assert (found.agree, found.pairs, found.tied) == (pytest.approx(2 / 3), 4, 1)


@pytest.mark.parametrize("seed", range(5))
def test_is_scipys_tau_b_on_whole_rankings(seed):
    rng = np.random.default_rng(seed)
    ranks, returns = rng.integers(6, size=20), rng.integers(8, size=20)
    found = trajectory_alignment(returns, *ranked_pairs(ranks), resamples=10)
    assert found.tau_b == pytest.approx(stats.kendalltau(-ranks, returns).statistic)


def test_shaping_changes_no_order_from_one_start():
    rng = np.random.default_rng(0)
    returns = rng.normal(size=30)
    pairs, preferences = ranked_pairs(rng.normal(size=30))
    plain, shaped = (
        trajectory_alignment(r, pairs, preferences, resamples=10)
        for r in (returns, 2 * returns - 7.5)
    )
    assert plain.tau_b == shaped.tau_b


def test_the_interval_covers():
    # Preferences that agree with the returns with chance .8: tau-b is .6.
    hits = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        returns = rng.normal(size=300)
        pairs = np.arange(300).reshape(150, 2)
        truth = np.sign(returns[pairs[:, 0]] - returns[pairs[:, 1]])
        preferences = truth * np.where(rng.random(150) < 0.8, 1, -1)
        found = trajectory_alignment(returns, pairs, preferences, resamples=200)
        hits += found.low <= 0.6 <= found.high
    assert 88 <= hits <= 100


def test_shared_trajectories_widen_the_interval():
    rng = np.random.default_rng(0)
    returns, wished = rng.normal(size=20), rng.normal(size=20)
    whole = trajectory_alignment(returns, *ranked_pairs(-wished))
    # 190 independent pairs would give a width of about 4 / sqrt(190) = .29.
    assert whole.high - whole.low > 0.4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pairs": [(0, 1)] * 99}, "at least 100 pairs. Received 99"),
        ({"pairs": [(0, 9)] * 100}, r"of 0\.\.2"),
        ({"pairs": [(1, 1)] * 100}, "100 of them the same twice"),
        ({"pairs": [(0.0, 1.0)] * 100}, "integers of shape"),
        ({"preferences": [2] * 100}, "1, 0 or -1"),
        ({"preferences": [0] * 100}, "ties throughout"),
        ({"returns": [1, 1, 1]}, "call every pair equal"),
        ({"returns": [1, np.nan, 1]}, "finite"),
    ],
)
def test_bad_input_is_refused(changes, message):
    given = {"returns": [3, 1, 2], "pairs": [(0, 1)] * 100} | changes
    with pytest.raises(ConfigError, match=message):
        trajectory_alignment(**given)
