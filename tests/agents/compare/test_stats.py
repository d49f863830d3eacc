import numpy as np
import pytest
from rliable import metrics
from scipy import stats

from rewardsmith.agents.compare.stats import (
    holm,
    improvement,
    iqm,
    iqm_curve,
    iqm_estimate,
    iqm_strata,
    median_estimate,
    permutation_p,
    rank_p,
    steps_to,
)

RNG = np.random.default_rng(7)


def test_iqm_by_hand():
    # of eight values the two lowest and two highest go
    assert iqm(np.array([9.0, -50, 1, 2, 3, 4, 90, 0])) == pytest.approx((1 + 2 + 3 + 4) / 4)


def test_point_estimates_agree_with_rliable():
    scores = RNG.random((12, 1))
    other = RNG.random((9, 1))
    assert iqm(scores[:, 0]) == pytest.approx(metrics.aggregate_iqm(scores), abs=1e-12)
    ours = improvement(scores[:, 0], other[:, 0]).value
    assert ours == pytest.approx(metrics.probability_of_improvement(scores, other), abs=1e-12)


def test_intervals_hold_the_estimate_and_shrink_with_seeds():
    few, many = (iqm_estimate(RNG.normal(size=n)) for n in (5, 80))
    for estimate in (few, many):
        assert estimate.low <= estimate.value <= estimate.high
    assert many.high - many.low < few.high - few.low


def test_an_interval_of_equal_values_is_a_point():
    estimate = iqm_estimate([0.5] * 6)
    assert (estimate.low, estimate.value, estimate.high) == (0.5, 0.5, 0.5)


def test_strata_are_drawn_within_their_task():
    # Two tasks of constant score: seeds never move between them, so nothing varies.
    estimate = iqm_strata([np.zeros(4), np.ones(4)])
    assert (estimate.low, estimate.value, estimate.high) == (0.5, 0.5, 0.5)


def test_curves_are_estimated_point_by_point():
    curves = np.array([[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]])
    middle, low, high = iqm_curve(curves)
    for line in (middle, low, high):
        assert line.tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("success", "expected"),
    [
        ([0, 0.9, 0.9, 0.1], 20),
        ([0, 0.9, 0.5, 0.9], 40),
        ([0, 1.0, 0.8, 0.1], 20),
        ([0, 0.8, 1.0, 0.1], 20),
        ([0, 0.1, 0.2, 0.3], np.inf),
        ([1, 1, 1, 1], 10),
    ],
)
def test_steps_to_a_threshold_that_holds(success, expected):
    steps = np.array([10.0, 20, 30, 40])
    assert steps_to(steps, np.array(success, dtype=float), 0.9) == expected


def test_medians_keep_runs_that_never_got_there():
    assert median_estimate([10.0, 20.0, np.inf]).value == 20.0
    assert median_estimate([10.0, np.inf]).value == np.inf
    assert median_estimate([10.0, 20.0]).value == 15.0
    assert median_estimate([np.inf] * 3).high == np.inf
    one = median_estimate([5.0])
    assert (one.low, one.value, one.high) == (5.0, 5.0, 5.0)


def test_improvement_of_separated_and_of_equal_groups():
    assert improvement([2.0, 3.0], [0.0, 1.0]).value == 1.0
    assert improvement([1.0, 1.0], [1.0, 1.0]).value == 0.5


def test_the_interval_of_improvement_resamples_the_seeds_of_both_sides():
    # x is {0, 2} and y {1}: a draw of x has k of 2 above, so improvement is 0, 1/2 or 1, and
    # both ends have probability 1/4 of the draws, beyond the 2.5% that the interval cuts off.
    estimate = improvement([0.0, 2.0], [1.0])
    assert (estimate.low, estimate.value, estimate.high) == (0.0, 0.5, 1.0)


def test_the_permutation_test_by_counting():
    # Of 70 splits four have IQMs 10 apart: this one, {1 2 3 11} against {4 12 13 14} (the middle
    # values are 2 3 and 12 13 in both), and the two with the groups swapped.
    assert permutation_p([1.0, 2, 3, 4], [11.0, 12, 13, 14]) == pytest.approx(4 / 70)
    assert permutation_p([1.0, 2, 3, 4], [1.0, 2, 3, 4]) == pytest.approx(1.0)


def test_the_rank_test_by_counting():
    # Of 20 splits of six different values two are as far apart as can be; ties leave all alike.
    assert rank_p([4.0, 5.0, 600.0], [1.0, 2.0, 3.0]) == pytest.approx(2 / 20)
    assert rank_p([1.0, 1.0, 1.0], [1.0, 1.0, 1.0]) == 1.0


def test_the_rank_test_agrees_with_scipys_exact_one():
    x, y = RNG.normal(size=7), RNG.normal(1.0, size=6)
    exact = stats.mannwhitneyu(x, y, method="exact").pvalue
    assert rank_p(x, y) == pytest.approx(exact, abs=1e-12)


def test_holm_by_hand():
    # in order .01 .02 .03 .5, times 4 3 2 1, never falling: .04 .06 .06 .5
    assert holm([0.03, 0.01, 0.5, 0.02]) == pytest.approx([0.06, 0.04, 0.5, 0.06])
    assert holm([0.9, 0.9]) == [1.0, 1.0]
    assert holm([]) == []
