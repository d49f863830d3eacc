"""Random transitions and episodes that obey a feature schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector.utils import batch_space

from rewardsmith.features import Feature, FeatureSchema
from rewardsmith.language.nodes import Index, Name, Next, Sum
from rewardsmith.transition import Transition

#: a value of an unbounded feature is drawn from a normal distribution of this deviation
SPREAD = 2.0
ENDS = ("terminated", "truncated", "both", "none")


@dataclass(frozen=True)
class States:
    """`n` states: features name -> (n, ...), observations, and actions taken in them."""

    features: Mapping[str, Any]
    obs: Any
    action: Any


@dataclass
class Player:
    """Draws states and strings them into episodes.

    Args:
        schema: bounds and dtypes of the features.
        rng: the only source of chance.
        pool: real transitions to draw states from; None draws them from the schema's bounds.
        obs_width, action_width: length of one observation and action; 0 is a scalar action.
        observation_space, action_space: what observations and actions are drawn from; None draws
            numbers of those widths.
    """

    schema: FeatureSchema
    rng: np.random.Generator
    pool: Transition | None = None
    obs_width: int = 8
    action_width: int = 0
    observation_space: spaces.Space[Any] | None = None
    action_space: spaces.Space[Any] | None = None

    def states(self, n: int) -> States:
        """Draw `n` states, independent of each other."""
        if self.pool is not None:
            rows = self.pool.select(self.rng.integers(len(self.pool), size=n))
            return States(rows.features, rows.obs, rows.action)
        features = {name: self._draw(f, n) for name, f in self.schema.items()}
        obs = features["obs"] if "obs" in features else self._observations(n)
        return States(features, obs, self._actions(n))

    def episode(
        self,
        length: int,
        end: str = "terminated",
        *,
        start: States | None = None,
        goal: States | None = None,
        env_reward: bool = True,
    ) -> Transition:
        """One episode of `length` rows in order.

        Args:
            length: number of transitions, at least 1.
            end: which flags the last row carries: one of `ENDS`.
            start, goal: one state each (n = 1) for the two ends; drawn if None.
            env_reward: whether the environment pays; zeros if not.
        """
        inner = self.states(length + 1)
        first = inner if start is None else _joined(start, inner, length)
        states = first if goal is None else _ended(first, goal)
        reward = self.rng.normal(size=length) if env_reward else np.zeros(length)
        last = np.arange(length) == length - 1
        return Transition(
            obs=_rows(states.obs, slice(0, -1)),
            action=_rows(states.action, slice(0, -1)),
            next_obs=_rows(states.obs, slice(1, None)),
            env_reward=reward,
            terminated=last & (end in ("terminated", "both")),
            truncated=last & (end in ("truncated", "both")),
            features={k: v[:-1] for k, v in states.features.items()},
            next_features={k: v[1:] for k, v in states.features.items()},
            episode=np.zeros(length, dtype=np.int64),
            t=np.arange(length, dtype=np.int64),
        )

    def some_episode(self) -> Transition:
        """An episode of random length (2 to 9) and end."""
        return self.episode(int(self.rng.integers(2, 10)), str(self.rng.choice(ENDS[:3])))

    def _observations(self, n: int) -> Any:
        if self.observation_space is not None:
            return self._sampled(self.observation_space, n)
        return self.rng.normal(size=(n, self.obs_width))

    def _actions(self, n: int) -> Any:
        if self.action_space is not None:
            return self._sampled(self.action_space, n)
        shape = (n, self.action_width) if self.action_width else (n,)
        return self.rng.integers(0, 4, size=shape)

    def _sampled(self, space: spaces.Space[Any], n: int) -> Any:
        batched = batch_space(space, n)
        batched.seed(int(self.rng.integers(2**31)))
        values = batched.sample()
        return np.array(values, dtype=object) if isinstance(values, tuple) else values

    def _draw(self, feature: Feature, n: int) -> Any:
        shape = (n, *feature.shape)
        if not feature.numeric:
            return self.rng.choice(np.array(["", "red", "a longer text"], dtype=object), size=shape)
        if feature.dtype == "bool":
            return self.rng.integers(0, 2, size=shape).astype(bool)
        values = _within(feature, self.rng, shape)
        return np.rint(values).astype(np.int64) if feature.dtype == "int" else values


def widths(tree: Sum | None, name: str) -> int:
    """How long a vector `name` must be for every `name[i]` of a reward's tree; 0 if none."""
    longest = 0
    for node in tree.walk() if tree is not None else ():
        if isinstance(node, Index):
            of = node.of.of if isinstance(node.of, Next) else node.of
            if isinstance(of, Name) and of.name == name:
                longest = max(longest, *(i + 1 if i >= 0 else -i for i in node.index))
    return longest


def _within(feature: Feature, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    low, high = feature.low, feature.high
    if np.isfinite(low) and np.isfinite(high):
        return rng.uniform(low, high, size=shape)
    if np.isfinite(low):
        return low + rng.exponential(SPREAD, size=shape)
    if np.isfinite(high):
        return high - rng.exponential(SPREAD, size=shape)
    return rng.normal(scale=SPREAD, size=shape)


def _rows(value: Any, rows: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {k: _rows(v, rows) for k, v in value.items()}
    return np.asarray(value)[rows]


def _concatenated(first: Any, second: Any) -> Any:
    if first is None:
        return None
    if isinstance(first, Mapping):
        return {k: _concatenated(v, second[k]) for k, v in first.items()}
    return np.concatenate([np.asarray(first), np.asarray(second)])


def _joined(start: States, rest: States, length: int) -> States:
    """`start`, then `length` states of `rest`."""
    return States(
        _concatenated(start.features, _rows(rest.features, slice(0, length))),
        _concatenated(start.obs, _rows(rest.obs, slice(0, length))),
        _concatenated(start.action, _rows(rest.action, slice(0, length))),
    )


def _ended(states: States, goal: States) -> States:
    """`states` with the last one replaced by `goal`."""
    return States(
        _concatenated(_rows(states.features, slice(0, -1)), goal.features),
        _concatenated(_rows(states.obs, slice(0, -1)), goal.obs),
        _concatenated(_rows(states.action, slice(0, -1)), goal.action),
    )
