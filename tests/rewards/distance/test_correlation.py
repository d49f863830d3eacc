"""Correlation of proxy and true reward against scipy, and reward hacking."""

import numpy as np
import pytest
from scipy import stats

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.distance.correlation import proxy_correlation, reward_hacking


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_scipy(seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(5, size=40).astype(float)
    y = x + rng.normal(size=40).round()
    found = proxy_correlation(x, y, resamples=200)
    assert found.pearson == pytest.approx(stats.pearsonr(x, y).statistic)
    assert found.spearman == pytest.approx(stats.spearmanr(x, y).statistic)
    assert found.low < found.pearson < found.high
    assert found.spearman_low < found.spearman < found.spearman_high


def test_weights_count_rows_as_often():
    x, y = np.array([0.0, 1.0, 2.0, 5.0]), np.array([1.0, 0.0, 3.0, 2.0])
    times = np.array([1, 2, 3, 1])
    expected = stats.pearsonr(np.repeat(x, times), np.repeat(y, times)).statistic
    assert proxy_correlation(x, y, weights=times, resamples=0).pearson == pytest.approx(expected)


def test_the_interval_covers():
    hits = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        x, noise = rng.normal(size=(2, 100))
        found = proxy_correlation(x, 0.6 * x + 0.8 * noise, resamples=200)
        hits += found.low <= 0.6 <= found.high
    assert 86 <= hits <= 100


def test_rows_of_an_episode_are_not_independent():
    rng = np.random.default_rng(0)
    x, y = (np.repeat(rng.normal(size=20), 50) for _ in range(2))
    rows = proxy_correlation(x, y, resamples=200)
    episodes = proxy_correlation(x, y, episode=np.repeat(np.arange(20), 50), resamples=200)
    assert episodes.high - episodes.low > 3 * (rows.high - rows.low)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"true": [1, 1, 1]}, "true reward of 1.0 throughout"),
        ({"true": [1, 2]}, r"shape \(2,\)"),
        ({"true": [1, 2, 3, 4]}, "Received 3, 4"),
        ({"true": [1, 2, np.inf]}, "finite"),
        ({"weights": [1, -1, 1]}, "not negative"),
    ],
)
def test_bad_input_is_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        proxy_correlation(**({"proxy": [1, 2, 3], "true": [1, 3, 2]} | changes))


def test_reward_hacking_is_a_fall_under_a_correlated_proxy():
    good = proxy_correlation([0, 1, 2, 3], [0, 1, 2, 4], resamples=0)
    bad = proxy_correlation([0, 1, 2, 3], [4, 2, 1, 0], resamples=0)
    reference, fallen, risen = ([1, 2], [5, 6]), ([9, 8], [1, 2]), ([9, 8], [8, 9])
    assert reward_hacking(good, reference, fallen).hacked
    assert not reward_hacking(bad, reference, fallen).hacked
    assert not reward_hacking(good, reference, risen).hacked
    found = reward_hacking(good, reference, fallen)
    assert (found.proxy_gain, found.true_gain) == (7.0, -4.0)
    expected = stats.ttest_ind([1, 2], [5, 6], equal_var=False, alternative="less").pvalue
    assert found.p_fall == pytest.approx(expected)
    assert reward_hacking(good, ([1, 1], [5, 5]), ([9, 9], [1, 1])).p_fall == 0.0
