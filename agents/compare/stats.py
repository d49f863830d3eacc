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
    """Env steps at which success first reaches `threshold` and holds; infinite if never.

    It holds if the mean of that evaluation and the next reaches the threshold too; the last
    evaluation has no next and counts alone.

    >>> steps_to(np.array([1.0, 2, 3, 4]), np.array([0, 0.9, 0.2, 0.95]), 0.9)
    4.0
    """
    following = np.append(success[1:], success[-1:])
    held = (success >= threshold) & ((success + following) / 2 >= threshold)
    return float(steps[np.argmax(held)]) if held.any() else float("inf")


def median_estimate(values: Sequence[float] | Floats) -> Estimate:
    """Median over seeds with its interval; infinite values are runs that never got there.

    Even counts take the upper middle value, so that half a censored run is never averaged.
    """
    array = np.sort(np.asarray(values, dtype=float))
    resampled = np.sort(array[draws(len(array))], axis=1)[:, len(array) // 2]
    low, high = (float(x) for x in np.sort(resampled)[[int(0.025 * DRAWS), int(0.975 * DRAWS)]])
    return Estimate(float(array[len(array) // 2]), low, high)


def improvement(x: Sequence[float] | Floats, y: Sequence[float] | Floats) -> Estimate:
    """P(X > Y) + P(X = Y)/2 over all pairs of seeds (Mann-Whitney U / nm), with its interval.

    >>> improvement([1.0, 2.0], [0.0, 2.0]).value
    0.625
    """
    a, b = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    pairs = (a[:, None] > b[None, :]) + 0.5 * (a[:, None] == b[None, :])
    rows, columns = draws(len(a), 1), draws(len(b), 2)
    sampled = pairs[rows[:, :, None], columns[:, None, :]].mean(axis=(1, 2))
    low, high = interval(sampled)
    return Estimate(float(pairs.mean()), float(low), float(high))


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
