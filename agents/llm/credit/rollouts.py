"""Episodes of unequal length as padded arrays, and statistics over labelled values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardsmith.agents.llm.record import Episode
from rewardsmith.errors import ConfigError, NonFiniteRewardError
from rewardsmith.transition import Bools, Floats

Ints = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Rollouts:
    """B episodes of at most T turns.

    Args:
        episodes: as they were recorded.
        rewards: shape (B, T), 0 after the end of an episode.
        alive: shape (B, T), whether the episode has such a turn.
        group: shape (B,), 0, 1, ...: the number of each episode's group.
        sizes: shape (G,), how many episodes each group has, at least 2.
    """

    episodes: tuple[Episode, ...]
    rewards: Floats
    alive: Bools
    group: Ints
    sizes: Ints

    @property
    def turn_group(self) -> Ints:
        """The group of every turn, in the order of `values[alive]`."""
        return np.repeat(self.group, self.alive.sum(axis=1))

    def per_turn(self, values: Floats) -> Floats:
        """One value per episode, shape (B,), at each of its turns, shape (B, T)."""
        return np.where(self.alive, values[:, None], 0.0)

    def pad(self, flat: Floats) -> Floats:
        """Values of all turns, episode after episode, as shape (B, T)."""
        padded = np.zeros(self.alive.shape)
        padded[self.alive] = flat
        return padded

    def split(self, values: Floats) -> list[Floats]:
        """Values of shape (B, T) as one array of shape (T_i,) per episode."""
        return [row[: len(e.turns)].copy() for row, e in zip(values, self.episodes, strict=True)]

    def group_sums(self, values: Any) -> Floats:
        """Sums over each group, shape (G, ...), of values of shape (B, ...)."""
        array = np.asarray(values, dtype=np.float64)
        sums = np.zeros((len(self.sizes), *array.shape[1:]))
        np.add.at(sums, self.group, array)
        return sums


def make_rollouts(episodes: Sequence[Episode], group: Sequence[int]) -> Rollouts:
    """Pad the episodes of a batch, and check them.

    Raises:
        ConfigError: no episodes, an episode without turns, a group number missing, a group of
            one.
        NonFiniteRewardError: a turn's reward is NaN or infinite.
    """
    numbers, sizes = _groups(episodes, group)
    lengths = np.array([len(e.turns) for e in episodes])
    if not lengths.all():
        raise ConfigError(
            "An episode has at least one turn. Received an empty one at position "
            f"{int(np.argmin(lengths))}; record what the agent said, even if it was nothing."
        )
    alive = np.arange(lengths.max()) < lengths[:, None]
    rewards = np.zeros(alive.shape)
    rewards[alive] = [turn.reward for e in episodes for turn in e.turns]
    _check_finite(rewards)
    return Rollouts(tuple(episodes), rewards, alive, numbers, sizes)


def _groups(episodes: Sequence[Episode], group: Sequence[int]) -> tuple[Ints, Ints]:
    if len(episodes) == 0 or len(group) != len(episodes):
        raise ConfigError(
            "credit() takes at least one episode and one group number per episode. Received "
            f"{len(episodes)} episodes and {len(group)} group numbers."
        )
    names, numbers, sizes = np.unique(np.asarray(group), return_inverse=True, return_counts=True)
    if sizes.min() < 2:
        raise ConfigError(
            "Every group has at least two rollouts of its task: an episode is compared with the "
            f"others of its group. Received group {names[sizes.argmin()]} with one; set "
            "num_generations >= 2."
        )
    return numbers.astype(np.intp), sizes.astype(np.intp)


def _check_finite(rewards: Floats) -> None:
    if np.isfinite(rewards).all():
        return
    episode, turn = (int(i) for i in np.argwhere(~np.isfinite(rewards))[0])
    raise NonFiniteRewardError(
        f"Every turn's reward is a finite number. Received {rewards[episode, turn]} at turn {turn} "
        f"of episode {episode}; mend the term that paid it, or bind the stack with on_nan='zero'."
    )


def returns_to_go(rewards: Floats, gamma: float) -> Floats:
    """G_t = r_t + gamma * G_{t+1} along the last axis; 0 after an episode's end."""
    returns = rewards.astype(np.float64, copy=True)
    for t in range(returns.shape[-1] - 2, -1, -1):
        returns[..., t] += gamma * returns[..., t + 1]
    return returns


def label_moments(values: Floats, labels: Ints, *, ddof: int = 1) -> tuple[Floats, Floats]:
    """Mean and standard deviation among the values of equal label.

    Args:
        values: shape (N,).
        labels: shape (N,), whole numbers from 0.
        ddof: 1 divides the squares by n - 1, as TRL does; 0 by n.

    Returns:
        Both of shape (N,), each value's own label's; the deviation of a single value is 0.
    """
    counts = np.bincount(labels)
    means = (np.bincount(labels, values) / np.maximum(counts, 1))[labels]
    squares = np.bincount(labels, (values - means) ** 2)
    return means, np.sqrt(squares / np.maximum(counts - ddof, 1))[labels]


def standardised(
    values: Floats, labels: Ints, *, scale: str = "group", epsilon: float = 1e-4, ddof: int = 1
) -> Floats:
    """Values minus their label's mean, divided by a standard deviation plus epsilon.

    Args:
        values: shape (N,).
        labels: shape (N,).
        scale: `group` divides by the label's deviation, `batch` by that of all values, `none`
            not at all.
        epsilon: what is added to the deviation.
        ddof: see `label_moments`.
    """
    means, deviations = label_moments(values, labels, ddof=ddof)
    if scale == "none":
        return values - means
    if scale == "batch":
        deviations = label_moments(values, np.zeros_like(labels), ddof=ddof)[1]
    return divided(values - means, deviations + epsilon)


def divided(values: Floats, by: Floats) -> Floats:
    """Values divided, 0 where the divisor is 0: values that do not differ teach nothing."""
    return np.divide(values, by, out=np.zeros_like(values), where=by > 0.0)
