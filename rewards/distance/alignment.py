"""Does a reward rank trajectories as people do, and does it go with the true reward?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.distance.checks import check_finite
from rewardsmith.transition import Floats, Ints

#: preferences below which a coefficient says too little
LEAST_PAIRS = 100


@dataclass(frozen=True)
class Alignment:
    """How a reward's returns order pairs of trajectories that were ranked.

    Args:
        tau_b: Kendall's tau-b in [-1, 1], the trajectory alignment coefficient.
        low, high: 95% percentile bootstrap interval of it.
        agree: share of the pairs with a preference that the returns order in the same way.
        pairs: how many pairs were compared, ties included.
        tied: how many of them the returns call equal.
    """

    tau_b: float
    low: float
    high: float
    agree: float
    pairs: int
    tied: int


def trajectory_alignment(
    returns: ArrayLike,
    pairs: ArrayLike,
    preferences: ArrayLike | None = None,
    *,
    least: int = LEAST_PAIRS,
    resamples: int = 1000,
    seed: int = 0,
) -> Alignment:
    """Trajectory alignment coefficient, Muslimani et al. 2025 (arXiv 2503.05996).

    Kendall's tau-b (Kendall 1945) over the given pairs, with p the preference and g the sign
    of the difference of returns: sum(p g) / sqrt(sum |p| sum |g|). Returns take the learner's
    discount; with it, potential shaping changes no sign between trajectories that start alike
    and terminate.

    The interval resamples trajectories where any stands in several pairs, because such pairs
    are not independent, and pairs otherwise.

    Args:
        returns: discounted return of each trajectory under the reward, shape (N,).
        pairs: indices into `returns`, shape (P, 2).
        preferences: 1 where the first of a pair is preferred, -1 the second, 0 neither; shape
            (P,). The first of every pair if None.
        least: the fewest pairs that are accepted.
        resamples, seed: of the bootstrap.

    Raises:
        ConfigError: too few pairs, indices out of range, other preferences, no preference at
            all, or returns that call every pair equal.

    >>> found = trajectory_alignment([3, 1, 2], [(0, 1), (1, 2), (0, 2)], [1, 1, 1], least=3)
    >>> round(found.tau_b, 4), round(found.agree, 4)
    (0.3333, 0.6667)
    """
    values = check_finite("returns", returns)
    index = _pairs(pairs, len(values), least)
    wished = _preferences(preferences, len(index))
    given = np.sign(values[index[:, 0]] - values[index[:, 1]])
    if not given.any():
        raise ConfigError(
            "tau-b takes returns that differ. Received returns that call every pair equal. Give "
            "longer trajectories, or a reward that tells them apart."
        )
    rng = np.random.default_rng(seed)
    spread = [_tau(wished, given, w) for w in _weights(index, len(values), resamples, rng)]
    known = [t for t in spread if np.isfinite(t)]
    low, high = np.quantile(known, [0.025, 0.975]) if known else (-1.0, 1.0)
    told = wished != 0
    return Alignment(
        tau_b=_tau(wished, given, np.ones(len(index))),
        low=float(low),
        high=float(high),
        agree=float((wished[told] == given[told]).mean()),
        pairs=len(index),
        tied=int((given == 0).sum()),
    )


def ranked_pairs(ranks: ArrayLike) -> tuple[Ints, Floats]:
    """All pairs of a ranking, as `trajectory_alignment` takes them.

    Args:
        ranks: rank of each trajectory, shape (N,); lower is better, equal ranks are ties.

    >>> pairs, preferences = ranked_pairs([1, 2, 2])
    >>> pairs.tolist(), preferences.tolist()
    ([[0, 1], [0, 2], [1, 2]], [1.0, 1.0, 0.0])
    """
    values = check_finite("ranks", ranks)
    pairs = np.stack(np.triu_indices(len(values), k=1), axis=1)
    return pairs, np.sign(values[pairs[:, 1]] - values[pairs[:, 0]])


def _tau(wished: Floats, given: Floats, weights: Floats) -> float:
    room = float(weights @ np.abs(wished)) * float(weights @ np.abs(given))
    return float(weights @ (wished * given)) / room**0.5 if room > 0 else float("nan")


def _weights(index: Ints, n: int, resamples: int, rng: np.random.Generator) -> list[Floats]:
    shared = len(np.unique(index)) < index.size
    size = n if shared else len(index)
    found = []
    for _ in range(resamples):
        counts = rng.multinomial(size, np.full(size, 1.0 / size)).astype(np.float64)
        found.append(counts[index[:, 0]] * counts[index[:, 1]] if shared else counts)
    return found


def _pairs(pairs: ArrayLike, n: int, least: int) -> Ints:
    index = np.asarray(pairs)
    if index.ndim != 2 or index.shape[1] != 2 or index.dtype.kind not in "iu":
        raise ConfigError(
            "pairs are indices of two trajectories each, integers of shape (P, 2). Received "
            f"{index.dtype} of shape {index.shape}."
        )
    if len(index) < least:
        raise ConfigError(
            f"An alignment takes at least {least} pairs. Received {len(index)}. Collect more, or "
            "lower `least` and do not quote the figure."
        )
    if index.min() < 0 or index.max() >= n or (index[:, 0] == index[:, 1]).any():
        raise ConfigError(
            f"pairs name two different trajectories of 0..{n - 1}. Received indices from "
            f"{index.min()} to {index.max()}, "
            f"{int((index[:, 0] == index[:, 1]).sum())} of them the same twice."
        )
    return index.astype(np.int64)


def _preferences(given: ArrayLike | None, n: int) -> Floats:
    if given is None:
        return np.ones(n)
    wished = check_finite("preferences", given)
    if wished.shape != (n,) or not np.isin(wished, (-1.0, 0.0, 1.0)).all():
        raise ConfigError(
            f"preferences are 1, 0 or -1, one for each of {n} pairs. Received shape "
            f"{wished.shape} and values {np.unique(wished)[:5].tolist()}."
        )
    if not wished.any():
        raise ConfigError("At least one pair needs a preference. Received ties throughout.")
    return wished
