"""What a distance returns, and the two ways of comparing canonical rewards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from rewardsmith.errors import ConfigError
from rewardsmith.transition import Floats

#: share of a reward's own size below which its canonical form counts as zero
ZERO = 1e-10
#: the same share where it is rounding for certain, in a form without a value function
ROUNDING = 8 * float(np.finfo(np.float64).eps)


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


def form_of(form: Callable[[Floats], Floats], reward: Floats) -> Floats:
    """A canonical form, linear in the reward, without the digits that a large offset costs.

    What nearly all of a reward is, one constant, is taken off first (exactly, in float64) and
    its own canonical form added again, which is 0 where episodes do not end.
    """
    if not mostly_constant(reward):
        return form(reward)
    middle = float(reward.flat[0])
    constant = form(np.ones_like(reward))
    constant = np.where(np.abs(constant) < 1e-11, 0.0, constant)
    whole: Floats = form(reward - middle) + middle * constant
    return whole


def mostly_constant(reward: Floats) -> bool:
    """Whether it is one number to within a thousandth."""
    if not reward.size or reward.flat[0] == 0.0:
        return False
    scaled = unit(reward, size_of(reward))  # differences of the largest floats overflow
    first = float(scaled.flat[0])
    return bool((np.abs(scaled - first) <= 1e-3 * abs(first)).all())


def unit(values: Floats, size: float) -> Floats:
    """The values over the power of two next above `size`, so that their squares stay in range."""
    scaled: Floats = np.ldexp(values, -int(np.frexp(size)[1]))
    return scaled


def _is_zero(length: float, floor: float) -> bool:
    """Whether a canonical form of this length is the zero reward; its reward has size 1.

    Raises:
        ConfigError: it may be either.
    """
    if floor < length <= ZERO:
        raise ConfigError(
            "A distance takes rewards that float64's 16 digits can hold beside their offset and "
            f"shaping. Received one whose canonical form is {length:.1g} of its size: what is "
            "left is lost in rounding. Take the offset or the potential off first."
        )
    return length <= ZERO


def _in_range(*forms: Floats) -> None:
    for form in forms:
        if not np.isfinite(form).all():
            raise ConfigError(
                "A distance takes rewards whose canonical form is within float64's range. "
                "Received one that overflows. Divide the reward by a constant: no distance "
                "depends on its scale."
            )


def pearson_distance(
    a: Floats, b: Floats, weights: Floats, sizes: tuple[float, float], floor: float = ZERO
) -> float:
    """sqrt((1 - rho) / 2), the Pearson distance of EPIC (arXiv 2006.13900, Section 4); in [0, 1].

    A reward without variance has no correlation. It is treated as STARC treats a zero reward:
    0 from another such reward and 1/2 from any other, because for centred rewards the formula
    is half the L2 distance of the rewards divided by their norms.

    Args:
        a, b: rewards in canonical form, shape (N,).
        weights: shape (N,), summing to 1.
        sizes: the largest absolute value of each reward before it was made canonical.
        floor: share of its size up to which a canonical form is rounding errors alone.

    Raises:
        ConfigError: a form between `floor` and what can be told from rounding, or infinite.
    """
    _in_range(a, b)
    a, b = unit(a, sizes[0]), unit(b, sizes[1])
    a, b = a - weights @ a, b - weights @ b
    spread = [float(np.sqrt(weights @ x**2)) for x in (a, b)]
    flat = [_is_zero(s, floor) for s in spread]
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
    floor: float = ZERO,
) -> float:
    """m(s(a), s(b)) with s(x) = x / n(x), or x where n(x) = 0; STARC (arXiv 2309.15257).

    Args:
        a, b: canonical rewards, shape (N,).
        weights: shape (N,), summing to 1.
        sizes: the largest absolute value of each reward before it was made canonical.
        norm: the norm n.
        distance: the norm of the difference, m.
        floor: share of its size up to which a canonical form is rounding errors alone.

    Raises:
        ConfigError: as `pearson_distance`.
    """
    _in_range(a, b)
    standard = []
    for x, size in zip((a, b), sizes, strict=True):
        scaled = unit(x, size)
        length = norm_of(scaled, weights, norm)
        # A canonical form of rounding errors is the zero reward, not a direction.
        zero = _is_zero(length, floor)
        standard.append(np.zeros_like(x) if zero else scaled / length)
    return norm_of(standard[0] - standard[1], weights, distance)
