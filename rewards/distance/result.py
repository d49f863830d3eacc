"""What a distance returns, and the two ways of comparing canonical rewards."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from rewardsmith.transition import Floats

#: share of a reward's own size below which its canonical form counts as zero
ZERO = 1e-10


@dataclass(frozen=True)
class RewardDistance:
    """How far two rewards are apart, up to what the metric ignores.

    Args:
        distance: the number, in [0, upper].
        upper: the largest value of this metric: 1 for EPIC and DARD, 2 for STARC.
        metric: which one, in words.
        n: transitions compared (sampled), or entries of the canonical reward (exact).
        standard_error: bootstrap standard error; None where nothing was sampled.
        canonical: both rewards in canonical form.
        notes: what was assumed or approximated.
    """

    distance: float
    upper: float
    metric: str
    n: int
    standard_error: float | None = None
    canonical: tuple[Floats, Floats] = field(
        default_factory=lambda: (np.zeros(0), np.zeros(0)), repr=False, compare=False
    )
    notes: tuple[str, ...] = ()

    def __float__(self) -> float:
        return self.distance


def size_of(reward: Floats) -> float:
    """The largest absolute value, against which a canonical reward is zero or not."""
    return float(np.abs(reward).max(initial=0.0))


def pearson_distance(a: Floats, b: Floats, weights: Floats, sizes: tuple[float, float]) -> float:
    """sqrt((1 - rho) / 2), the Pearson distance of EPIC (arXiv 2006.13900, Section 4); in [0, 1].

    A reward without variance has no correlation. It is treated as STARC treats a zero reward:
    0 from another such reward and 1/2 from any other, because for centred rewards the formula
    is half the L2 distance of the rewards divided by their norms.

    Args:
        a, b: rewards in canonical form, shape (N,).
        weights: shape (N,), summing to 1.
        sizes: the largest absolute value of each reward before it was made canonical.
    """
    a, b = a - weights @ a, b - weights @ b
    spread = [float(np.sqrt(weights @ x**2)) for x in (a, b)]
    flat = [s <= ZERO * max(size, 1e-300) for s, size in zip(spread, sizes, strict=True)]
    if any(flat):
        return 0.0 if all(flat) else 0.5
    # Half the L2 distance is the same number as sqrt((1 - rho) / 2), without the cancellation
    # that turns a rho of 1 - 1e-16 into a distance of 1e-8.
    gap = a / spread[0] - b / spread[1]
    return min(0.5 * float(np.sqrt(weights @ gap**2)), 1.0)


def norm_of(values: Floats, weights: Floats, order: str) -> float:
    """L1, L2 or L-infinity norm with respect to a distribution; `linf` skips weight 0."""
    if order == "linf":
        return float(np.abs(values[weights > 0]).max(initial=0.0))
    if order == "l1":
        return float(weights @ np.abs(values))
    return float(np.sqrt(weights @ values**2))


def standardised_distance(
    a: Floats,
    b: Floats,
    weights: Floats,
    sizes: tuple[float, float],
    *,
    norm: str = "l2",
    distance: str = "l2",
) -> float:
    """m(s(a), s(b)) with s(x) = x / n(x), or x where n(x) = 0; STARC (arXiv 2309.15257).

    Args:
        a, b: canonical rewards, shape (N,).
        weights: shape (N,), summing to 1.
        sizes: the largest absolute value of each reward before it was made canonical.
        norm: the norm n.
        distance: the norm of the difference, m.
    """
    standard = []
    for x, size in zip((a, b), sizes, strict=True):
        length = norm_of(x, weights, norm)
        # A canonical form of rounding errors is the zero reward, not a direction.
        standard.append(x / length if length > ZERO * max(size, 1e-300) else np.zeros_like(x))
    return norm_of(standard[0] - standard[1], weights, distance)
