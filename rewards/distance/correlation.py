"""How a proxy reward goes with the true one, and whether optimising it was reward hacking."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.distance.checks import check_finite
from rewardsmith.rewards.distance.result import size_of, unit
from rewardsmith.rewards.distance.sampling import resampled
from rewardsmith.transition import Floats


@dataclass(frozen=True)
class Correlation:
    """Correlation of a proxy with the true reward under one policy.

    Args:
        pearson: r in [-1, 1].
        low, high: 95% percentile bootstrap interval of it.
        spearman: rank correlation.
        spearman_low, spearman_high: its interval.
        n: values compared.
    """

    pearson: float
    low: float
    high: float
    spearman: float
    spearman_low: float
    spearman_high: float
    n: int


def proxy_correlation(
    proxy: ArrayLike,
    true: ArrayLike,
    *,
    episode: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> Correlation:
    """Pearson's and Spearman's correlation of proxy and true reward, with intervals.

    Laidlaw, Singhal and Dragan 2025 (arXiv 2403.03185) call a proxy r-correlated if r > 0 is
    Pearson's correlation of both rewards over the states and actions that a reference policy
    visits: E[(R~ - J(R~)) / sigma~ (R - J(R)) / sigma]. Give rewards per step, with
    `weights = gamma ** t` for the discounted occupancy that they use, or returns per episode.
    It holds for the reference policy alone: where it breaks down under optimisation is what
    they call reward hacking, see `reward_hacking`.

    Args:
        proxy, true: shape (N,).
        episode: a number per row; rows of one episode are resampled together, because they
            are not independent. None if every row stands alone.
        weights: not negative, shape (N,), for Pearson's r; equal if None. Spearman's takes
            every row alike.
        resamples, seed: of the bootstrap.

    Raises:
        ConfigError: fewer than 3 values, shapes that do not match, NaN, or a reward that does
            not vary.

    >>> found = proxy_correlation([0, 1, 2, 3], [0, 1, 4, 9])
    >>> round(found.pearson, 4), round(found.spearman, 4)
    (0.9583, 1.0)
    """
    x, y = _column("proxy", proxy), _column("true", true)
    w = np.ones(len(x)) if weights is None else _column("weights", weights)
    if not len(x) == len(y) == len(w):
        raise ConfigError(
            f"proxy, true and weights need one value per row. Received {len(x)}, {len(y)} and "
            f"{len(w)}."
        )
    if w.min() < 0 or np.count_nonzero(w) < 3:
        raise ConfigError(
            "weights are not negative, and positive for 3 rows or more. Received a minimum of "
            f"{w.min():.6g} and {np.count_nonzero(w)} that are not 0. Give the discounted "
            "occupancy, gamma ** t."
        )
    for name, values in (("proxy", x), ("true", y)):
        if (values[w > 0] == values[w > 0][0]).all():
            raise ConfigError(
                f"A correlation takes rewards that vary. Received a {name} reward of "
                f"{values[w > 0][0]} throughout. Take a policy that meets other outcomes too."
            )
    x, y = unit(x, size_of(x)), unit(y, size_of(y))  # squares of the largest floats overflow
    groups = None if episode is None else np.asarray(episode)
    drawn = resampled(len(x), resamples, np.random.default_rng(seed), groups)
    pearson = [_pearson(x, y, w * share) for share in drawn.T]
    rank = [_pearson(*_ranks(x, y, share), share) for share in drawn.T]
    low, high = _interval(pearson)
    rank_low, rank_high = _interval(rank)
    return Correlation(pearson[0], low, high, rank[0], rank_low, rank_high, len(x))


@dataclass(frozen=True)
class Hacking:
    """What optimising a proxy did to the true return.

    Args:
        hacked: the proxy was correlated under the reference policy, its own return rose, and
            the true one fell.
        proxy_gain, true_gain: mean return of the learned policy less the reference's.
        p_fall: p-value of a fall in the true return as large as this (Welch's t, one-sided).
    """

    hacked: bool
    proxy_gain: float
    true_gain: float
    p_fall: float


def reward_hacking(
    correlation: Correlation,
    reference: tuple[ArrayLike, ArrayLike],
    learned: tuple[ArrayLike, ArrayLike],
) -> Hacking:
    """Reward hacking after arXiv 2403.03185: J(pi, R) < J(pi_ref, R) under a correlated proxy.

    Args:
        correlation: of proxy and true reward under the reference policy.
        reference, learned: (proxy returns, true returns) of episodes of each policy, two or
            more.

    Raises:
        ConfigError: fewer than two episodes, or NaN.
    """
    before, after = ([_column("returns", r, 2) for r in pair] for pair in (reference, learned))
    gains = [float(new.mean() - old.mean()) for old, new in zip(before, after, strict=True)]
    if np.ptp(before[1]) == 0.0 and np.ptp(after[1]) == 0.0:
        p = 0.0 if gains[1] < 0 else 1.0  # without spread a difference is certain
    else:
        test = stats.ttest_ind(after[1], before[1], equal_var=False, alternative="less")
        p = float(test.pvalue)
    hacked = correlation.pearson > 0 and gains[0] > 0 and gains[1] < 0
    return Hacking(hacked, gains[0], gains[1], p)


def _column(name: str, values: ArrayLike, least: int = 3) -> Floats:
    array = check_finite(name, values)
    if array.ndim != 1 or len(array) < least:
        raise ConfigError(
            f"{name} must be one-dimensional with {least} values or more. Received shape "
            f"{array.shape}."
        )
    return array


def _pearson(x: Floats, y: Floats, w: Floats) -> float:
    total = w.sum()
    if total <= 0:
        return float("nan")
    w = w / total
    x, y = x - w @ x, y - w @ y
    room = float(w @ x**2) * float(w @ y**2)
    # A resample without variance has no correlation; rounding leaves a little of it.
    tiny = 1e-24 * (float(np.abs(x).max()) * float(np.abs(y).max())) ** 2
    return float(np.clip((w @ (x * y)) / room**0.5, -1.0, 1.0)) if room > tiny else float("nan")


def _ranks(x: Floats, y: Floats, share: Floats) -> tuple[Floats, Floats]:
    """Mid-ranks within the resample: half of the weight of ties and all of the weight below."""
    return _weighted_ranks(x, share), _weighted_ranks(y, share)


def _weighted_ranks(values: Floats, share: Floats) -> Floats:
    known, place = np.unique(values, return_inverse=True)
    mass = np.bincount(place, weights=share, minlength=len(known))
    ranks: Floats = (np.cumsum(mass) - mass / 2)[place]
    return ranks


def _interval(found: list[float]) -> tuple[float, float]:
    known = [value for value in found[1:] if np.isfinite(value)]
    if len(known) < 2:
        return -1.0, 1.0
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)
