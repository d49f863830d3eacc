"""What the distances accept: shapes, distributions and discounts, refused with a remedy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from rewardsmith.errors import ConfigError, near_misses
from rewardsmith.transition import Bools, Floats

#: how far the sum of a distribution may be from 1
SUM_SLACK = 1e-6


_MEND_REWARD = "Mend the reward there; impossible transitions may hold any finite number."


def check_gamma(gamma: float, *, below_one: bool = False) -> float:
    """A discount in [0, 1], or in [0, 1) where a value function of endless episodes is solved.

    Raises:
        ConfigError: it lies elsewhere.
    """
    known = isinstance(gamma, int | float | np.integer | np.floating)
    if not known or not (0.0 <= gamma < 1.0 if below_one else 0.0 <= gamma <= 1.0):
        span = "[0, 1)" if below_one else "[0, 1]"
        raise ConfigError(
            f"A discount gamma lies in {span}. Received {gamma!r}. Give the learner's own gamma."
        )
    return float(gamma)


def check_finite(name: str, values: ArrayLike) -> Floats:
    """The values as float64.

    Raises:
        ConfigError: no real numbers, NaN or infinity; says where.
    """
    if values is None or np.iscomplexobj(values):
        raise ConfigError(
            f"{name} must be an array of real numbers. Received "
            f"{'None' if values is None else 'complex ones'}."
        )
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{name} must be an array of numbers. Received {error}.") from error
    bad = ~np.isfinite(array)
    if bad.any():
        place = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ConfigError(
            f"{name} must be finite everywhere. Received {array[place]} at {place} and "
            f"{int(bad.sum())} such values in all. "
            + (_MEND_REWARD if name.startswith("reward") else "Mend it there.")
        )
    return array


def check_tables(reward_a: ArrayLike, reward_b: ArrayLike) -> tuple[Floats, Floats]:
    """Two rewards R(s, a, s') of one shape (S, A, S).

    Raises:
        ConfigError: another shape, different shapes, NaN or infinity.
    """
    a, b = check_finite("reward_a", reward_a), check_finite("reward_b", reward_b)
    for name, r in (("reward_a", a), ("reward_b", b)):
        if r.ndim != 3 or r.shape[0] != r.shape[2] or r.size == 0:
            raise ConfigError(
                f"{name} is R(s, a, s'), an array of shape (S, A, S). Received shape {r.shape}. "
                "A reward of (s, a) is broadcast with "
                "np.repeat(r[:, :, None], S, axis=2)."
            )
    if a.shape != b.shape:
        raise ConfigError(
            "Both rewards must be tables of the same states and actions. Received shapes "
            f"{a.shape} and {b.shape}."
        )
    return a, b


def check_distribution(name: str, given: ArrayLike | None, shape: tuple[int, ...]) -> Floats:
    """Probabilities of that shape that sum to 1; uniform if None.

    Raises:
        ConfigError: another shape, a negative number, or a sum that is not 1.
    """
    if given is None:
        return np.full(shape, 1.0 / np.prod(shape))
    p = check_finite(name, given)
    if p.shape != shape:
        raise ConfigError(f"{name} must have shape {shape}. Received shape {p.shape}.")
    if p.min() < 0 or abs(p.sum() - 1.0) > SUM_SLACK:
        raise ConfigError(
            f"{name} must be a distribution: not negative and summing to 1. Received a minimum "
            f"of {p.min():.6g} and a sum of {p.sum():.6g}. Divide weights by their sum."
        )
    normalised: Floats = p / p.sum()
    return normalised


def check_terminal(terminal: ArrayLike | None, states: int) -> Bools:
    """One bool per state; all False if None.

    Raises:
        ConfigError: another shape or type, or no state left that an episode could start in.
    """
    if terminal is None:
        return np.zeros(states, dtype=bool)
    mask = np.asarray(terminal)
    if mask.dtype != bool or mask.shape != (states,):
        raise ConfigError(
            f"terminal holds one bool per state, shape ({states},). Received {mask.dtype} of "
            f"shape {mask.shape}."
        )
    if mask.all():
        raise ConfigError(
            "At least one state must not be terminal. Received a mask that is True throughout."
        )
    return mask


def check_dynamics(dynamics: ArrayLike, shape: tuple[int, ...], terminal: Bools) -> Floats:
    """P(s' | s, a) of shape (S, A, S); rows from terminal states are not looked at.

    Raises:
        ConfigError: another shape, a negative probability, or a row that does not sum to 1.
    """
    p = check_finite("dynamics", dynamics)
    if p.shape != shape:
        raise ConfigError(
            f"dynamics is P(s' | s, a), of the rewards' shape {shape}. Received shape {p.shape}."
        )
    check_rows("dynamics", p[~terminal].reshape(-1, shape[2]).sum(axis=1), float(p.min()))
    return p


def check_rows(name: str, sums: Floats, smallest: float) -> None:
    """Raise ConfigError unless all sums of P(s' | s, a) are 1 and nothing is negative."""
    off = np.abs(sums - 1.0)
    if smallest < 0 or (len(off) and off.max() > SUM_SLACK):
        worst = float(sums[off.argmax()])
        raise ConfigError(
            f"{name} must give each (s, a) a distribution over s': not negative, summing to 1. "
            f"Received a smallest probability of {smallest:.6g} and a sum of {worst:.6g}. "
            "Name terminal states in `terminal`; their rows are not read."
        )


def check_choice(name: str, given: Any, known: tuple[str, ...]) -> str:
    """One of the known names.

    Raises:
        ConfigError: any other, with near misses.
    """
    if given in known:
        return str(given)
    hint = near_misses(str(given), known)
    raise ConfigError(f"{name} is one of {', '.join(known)}. Received {given!r}.{hint}")
