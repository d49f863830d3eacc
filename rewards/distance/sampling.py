"""Rewards on samples: states apart from transitions, evaluation in chunks, the bootstrap."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardsmith.errors import ConfigError
from rewardsmith.stack import RewardStack
from rewardsmith.term import Scope
from rewardsmith.transition import Bools, Floats, Ints, Transition

#: a reward as a function of N transitions, shape (N,), or a stack that has been bound
RewardLike: TypeAlias = RewardStack | Callable[[Transition], ArrayLike]


@dataclass(frozen=True)
class Sampling:
    """How much is drawn.

    Args:
        seed: of every random choice; equal seeds give equal distances.
        resamples: bootstrap resamples for the standard error; 0 for none.
        mean_samples: at most so many (A, S') for EPIC's means; its cost is
            (2 N + mean_samples) * mean_samples rewards for N transitions.
        model_samples: draws from the transition model per transition.
        chunk: rewards asked for at a time, which bounds the memory.
    """

    seed: int = 0
    resamples: int = 100
    mean_samples: int = 1024
    model_samples: int = 16
    chunk: int = 65536

    def __post_init__(self) -> None:
        least = {"resamples": 0, "mean_samples": 1, "model_samples": 1, "chunk": 1}
        for name, limit in least.items():
            if getattr(self, name) < limit:
                raise ConfigError(
                    f"Sampling's {name} is at least {limit}. Received {getattr(self, name)!r}."
                )


@dataclass(frozen=True)
class States:
    """N states, as the two ends of transitions have them.

    Args:
        obs: array of shape (N, ...), a dict of them, or None.
        features: name -> (N, ...).
        terminal: shape (N,), whether the episode ended there.
    """

    obs: Any
    features: Mapping[str, NDArray[Any]]
    terminal: Bools

    def __len__(self) -> int:
        return len(self.terminal)

    @classmethod
    def before(cls, transitions: Transition) -> States:
        """The states that were left; none of them is terminal."""
        none = np.zeros(len(transitions), dtype=bool)
        return cls(transitions.obs, transitions.features, none)

    @classmethod
    def after(cls, transitions: Transition) -> States:
        """The states that were reached."""
        ends = np.asarray(transitions.terminated, dtype=bool)
        return cls(transitions.next_obs, transitions.next_features, ends)

    def take(self, rows: Ints) -> States:
        """The states at those indices."""
        return States(_rows(self.obs, rows), _rows(self.features, rows), self.terminal[rows])

    def where(self, mask: Bools, other: States) -> States:
        """These states where the mask is True, the other ones elsewhere."""
        return States(
            _where(mask, self.obs, other.obs),
            _where(mask, self.features, other.features),
            np.where(mask, self.terminal, other.terminal),
        )


def _rows(value: Any, rows: Ints) -> Any:
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {name: _rows(each, rows) for name, each in value.items()}
    return np.asarray(value)[rows]


def _where(mask: Bools, one: Any, other: Any) -> Any:
    if one is None:
        return None
    if isinstance(one, Mapping):
        return {name: _where(mask, each, other[name]) for name, each in one.items()}
    one, other = np.asarray(one), np.asarray(other)
    return np.where(mask.reshape(-1, *(1,) * (one.ndim - 1)), one, other)


#: draws one next state for each state and action
Model: TypeAlias = Callable[[States, NDArray[Any], np.random.Generator], States]


@dataclass(frozen=True)
class Payer:
    """Two rewards, asked for transitions that happened and for transitions that did not.

    Args:
        rewards: both.
        env_reward: the env's own reward of any transition; None if it is not known.
        chunk: rows at a time.
    """

    rewards: tuple[RewardLike, RewardLike]
    env_reward: Callable[[Transition], ArrayLike] | None
    chunk: int

    def happened(self, transitions: Transition) -> Floats:
        """Both rewards of real transitions, shape (2, N)."""
        parts = [self._pay(transitions.select(rows)) for rows in self._chunks(len(transitions))]
        return np.concatenate(parts, axis=1)

    def imagined(self, before: States, action: NDArray[Any], after: States) -> Floats:
        """Both rewards of transitions that need not have happened, shape (2, N)."""
        parts = []
        for rows in self._chunks(len(before)):
            batch = _join(before.take(rows), action[rows], after.take(rows))
            if self.env_reward is not None:
                batch.env_reward = _checked("env_reward", self.env_reward(batch), len(rows))
            parts.append(self._pay(batch))
        return np.concatenate(parts, axis=1)

    def means(self, states: States, action: NDArray[Any], after: States, w: Floats) -> Floats:
        """E[R(s, A, S')] under B weightings of M drawn (A, S'), shape (2, N, B).

        Args:
            states: N states s; the mean from a terminal state is 0.
            action, after: M drawn pairs.
            w: shape (M, B), each column summing to 1.
        """
        drawn = len(after)
        means = np.zeros((2, len(states), w.shape[1]))
        going = np.flatnonzero(~states.terminal)
        step = max(self.chunk // drawn, 1)
        for start in range(0, len(going), step):
            rows = going[start : start + step]
            every = np.tile(np.arange(drawn), len(rows))
            paid = self.imagined(
                states.take(np.repeat(rows, drawn)), action[every], after.take(every)
            )
            means[:, rows] = paid.reshape(2, len(rows), drawn) @ w
        return means

    def _chunks(self, n: int) -> Iterator[Ints]:
        for start in range(0, n, self.chunk):
            yield np.arange(start, min(start + self.chunk, n))

    def _pay(self, batch: Transition) -> Floats:
        a, b = (_paid(reward, batch) for reward in self.rewards)
        return np.stack([a, b])


def _join(before: States, action: NDArray[Any], after: States) -> Transition:
    n = len(before)
    return Transition(
        obs=before.obs,
        action=action,
        next_obs=after.obs,
        env_reward=np.zeros(n),
        terminated=after.terminal,
        truncated=np.zeros(n, dtype=bool),
        features=before.features,
        next_features=after.features,
        t=np.zeros(n, dtype=np.int64),
    )


def _paid(reward: RewardLike, batch: Transition) -> Floats:
    if isinstance(reward, RewardStack):
        return _checked("A reward stack", reward.relabel(batch).total, len(batch))
    return _checked("A reward function", reward(batch), len(batch))


def _checked(who: str, values: ArrayLike, n: int) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (n,):
        raise ConfigError(
            f"{who} gives one number per transition, shape ({n},). Received shape {array.shape}."
        )
    if not np.isfinite(array).all():
        raise ConfigError(
            f"{who} must be finite on every transition it is asked for, also on transitions "
            f"that did not happen. Received {array[~np.isfinite(array)][0]}. Mend it there, or "
            "take starc_sampled, which asks only for those that did."
        )
    return array


def payer(
    reward_a: RewardLike,
    reward_b: RewardLike,
    transitions: Transition,
    env_reward: Callable[[Transition], ArrayLike] | None,
    sampling: Sampling,
    *,
    imagines: bool = True,
) -> Payer:
    """Check that both rewards can be asked for what the metric needs.

    Args:
        reward_a, reward_b, env_reward: as in the metrics.
        transitions: the batch compared.
        sampling: for the chunk.
        imagines: whether transitions will be asked for that did not happen.

    Raises:
        ConfigError: no transitions, a reward that pays at the end of an episode only, or one
            that reads the env's own reward where it is not known.
        BindingError: a stack that was not bound.
    """
    if len(transitions) < 2:
        raise ConfigError(
            f"A distance over samples takes at least 2 transitions. Received {len(transitions)}."
        )
    for name, reward in (("reward_a", reward_a), ("reward_b", reward_b)):
        if isinstance(reward, RewardStack):
            _check_stack(name, reward)
        elif not callable(reward):
            raise ConfigError(
                f"{name} is a bound RewardStack or a function of a Transition batch. Received "
                f"{type(reward).__name__}. For arrays R(s, a, s') use epic, dard or starc."
            )
    if imagines and env_reward is None:
        _check_own(reward_a, reward_b, transitions)
    return Payer((reward_a, reward_b), env_reward, sampling.chunk)


def _check_stack(name: str, stack: RewardStack) -> None:
    _ = stack.num_envs  # raises if it was not bound
    if stack.scope is not Scope.STEP:
        raise ConfigError(
            f"A distance compares rewards of single transitions. Received {name} with scope "
            f"{stack.scope.value!r} ({stack.formula}). Compare its step terms."
        )


def _check_own(reward_a: RewardLike, reward_b: RewardLike, transitions: Transition) -> None:
    """Refuse rewards whose value changes with env_reward alone."""
    few = transitions.select(np.arange(min(len(transitions), 256)))
    zeros, ones = (replace(few, env_reward=np.full(len(few), x)) for x in (0.0, 1.0))
    for name, reward in (("reward_a", reward_a), ("reward_b", reward_b)):
        if np.array_equal(_paid(reward, zeros), _paid(reward, ones)):
            continue
        raise ConfigError(
            f"A distance that asks for transitions that did not happen cannot know the env's own "
            f"reward there. Received {name}, which reads it. Give env_reward, a function of a "
            "Transition batch, or take starc_sampled without a model."
        )


def resampled(n: int, count: int, rng: np.random.Generator, groups: Ints | None = None) -> Floats:
    """Weights of n rows: as drawn (column 0), and `count` bootstrap resamples, (n, count + 1).

    Args:
        n: rows.
        count: resamples.
        rng: source of randomness.
        groups: rows with equal numbers are drawn together (an episode), shape (n,).
    """
    names = np.arange(n) if groups is None else np.unique(groups, return_inverse=True)[1]
    size = int(names.max()) + 1
    weights = np.ones((n, count + 1))
    for column in range(1, count + 1):
        weights[:, column] = rng.multinomial(size, np.full(size, 1.0 / size))[names]
    total = weights.sum(axis=0)
    shares: Floats = weights / total
    return shares


def spread_of(distances: list[float]) -> float | None:
    """Standard error from the distances of the resamples; None where there are too few."""
    return float(np.std(distances[1:], ddof=1)) if len(distances) > 2 else None
