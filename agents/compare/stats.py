"""Statistics over a few seeds: robust means with intervals, steps to success, who wins.

Agarwal et al. 2021 (arXiv 2108.13264): interquartile mean, stratified bootstrap, probability
of improvement. Random draws are seeded, so a report of the same runs says the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.float64]
DRAWS = 2000
#: below this many seeds a 95% interval on solve-or-fail returns covers too little to claim
ENOUGH_SEEDS = 10


@dataclass(frozen=True)
class Estimate:
    """A number with its 95% bootstrap interval."""

    value: float
    low: float
    high: float


def iqm(values: Floats, axis: int = -1) -> Any:
    """Interquartile mean: the mean without the lowest and the highest quarter.

    >>> float(iqm(np.array([0.0, 1.0, 2.0, 100.0])))
    1.5
    """
    return stats.trim_mean(values, 0.25, axis=axis)


def draws(n: int, seed: int = 0) -> NDArray[np.int64]:
    """Bootstrap indices of shape (DRAWS, n): seeds drawn with replacement."""
    return np.random.default_rng(seed).integers(n, size=(DRAWS, n))


def interval(samples: Floats) -> tuple[Floats, Floats]:
    """The middle 95% of bootstrap samples along the first axis."""
    low, high = np.percentile(samples, [2.5, 97.5], axis=0)
    return low, high


def iqm_estimate(values: Sequence[float] | Floats) -> Estimate:
    """Interquartile mean over seeds, shape (seeds,), with its interval."""
    array = np.asarray(values, dtype=float)
    low, high = interval(iqm(array[draws(len(array))]))
    return Estimate(float(iqm(array)), float(low), float(high))


def iqm_strata(strata: Sequence[Floats]) -> Estimate:
    """IQM over several tasks at once: seeds are drawn within each task (stratum)."""
    resampled = [s[draws(len(s), seed)] for seed, s in enumerate(strata)]
    low, high = interval(iqm(np.concatenate(resampled, axis=1)))
    return Estimate(float(iqm(np.concatenate(list(strata)))), float(low), float(high))


def iqm_curve(curves: Floats) -> tuple[Floats, Floats, Floats]:
    """IQM, low and high of shape (points,) from curves of shape (seeds, points)."""
    low, high = interval(iqm(curves[draws(len(curves))], axis=1))
    return iqm(curves, axis=0), low, high


def steps_to(steps: Floats, success: Floats, threshold: float) -> float:
    """Env steps of the first evaluation from which success holds; infinite if it never does.

    It holds if the mean of that evaluation and the next is at least `threshold`, so that one
    lucky evaluation does not count; the last one has no next and counts alone.

    >>> steps_to(np.array([1.0, 2, 3, 4]), np.array([0, 0.9, 0.2, 0.95]), 0.9)
    4.0
    """
    following = np.append(success[1:], success[-1:])
    # Rates are multiples of 1/episodes: a mean of .8 and 1. must not miss .9 by rounding.
    held = (success + following) / 2 >= threshold - 1e-9
    return float(steps[np.argmax(held)]) if held.any() else float("inf")


def median_estimate(values: Sequence[float] | Floats) -> Estimate:
    """Median over seeds with its interval; infinite values are runs that never got there.

    The interval's ends are draws, not interpolated ones, since infinity minus itself is NaN.

    >>> median_estimate([10.0, 20.0]).value, median_estimate([10.0, float("inf")]).value
    (15.0, inf)
    """
    array = np.asarray(values, dtype=float)
    resampled = np.sort(np.median(array[draws(len(array))], axis=1))
    low, high = (float(x) for x in resampled[[int(0.025 * DRAWS), int(0.975 * DRAWS)]])
    return Estimate(float(np.median(array)), low, high)


def improvement(x: Sequence[float] | Floats, y: Sequence[float] | Floats) -> Estimate:
    """P(X > Y) + P(X = Y)/2 over all pairs of seeds (Mann-Whitney U / nm), with its interval.

    >>> improvement([1.0, 2.0], [0.0, 2.0]).value
    0.625
    """
    a, b = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    pairs = (a[:, None] > b[None, :]) + 0.5 * (a[:, None] == b[None, :])
    # How often each seed was drawn weighs its pairs: no (DRAWS, n, m) array is needed.
    low, high = interval(((_weights(len(a), 1) @ pairs) * _weights(len(b), 2)).sum(axis=1))
    return Estimate(float(pairs.mean()), float(low), float(high))


def _weights(n: int, seed: int) -> Floats:
    """Share of each of n seeds in each draw, shape (DRAWS, n)."""
    return np.stack([(draws(n, seed) == i).mean(axis=1) for i in range(n)], axis=1)


def permutation_p(
    x: Sequence[float] | Floats,
    y: Sequence[float] | Floats,
    statistic: Callable[..., Any] | None = None,
) -> float:
    """Two-sided p-value that X and Y have one distribution, by permuting the difference of IQMs."""

    def difference(a: Any, b: Any, axis: int = -1) -> Any:
        return iqm(a, axis) - iqm(b, axis)

    result = stats.permutation_test(
        (np.asarray(x, dtype=float), np.asarray(y, dtype=float)),
        statistic or difference,
        vectorized=True,
        n_resamples=9999,
        rng=np.random.default_rng(0),
    )
    return float(result.pvalue)


def rank_p(x: Sequence[float] | Floats, y: Sequence[float] | Floats) -> float:
    """Two-sided permutation p-value of Mann-Whitney's U, so of `improvement` away from 1/2.

    Raises:
        ValueError: X or Y has fewer than two values (from SciPy).

    >>> rank_p([3.0, 4.0, 5.0], [0.0, 1.0, 2.0])
    0.1
    """
    ranks = stats.rankdata(np.concatenate([x, y]))

    def difference(a: Any, b: Any, axis: int = -1) -> Any:
        return np.mean(a, axis=axis) - np.mean(b, axis=axis)

    return permutation_p(ranks[: len(x)], ranks[len(x) :], difference)


def holm(ps: Sequence[float]) -> list[float]:
    """P-values corrected for how many there are (Holm 1979), in the order given.

    >>> holm([0.01, 0.5, 0.02])
    [0.03, 0.5, 0.04]
    """
    adjusted, worst = [1.0] * len(ps), 0.0
    for rank, i in enumerate(np.argsort(ps, kind="stable")):
        worst = max(worst, min(1.0, (len(ps) - rank) * ps[i]))
        adjusted[i] = worst
    return adjusted
