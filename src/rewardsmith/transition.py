"""Transition: a batch of (s_t, a_t, s_{t+1}) as a struct of arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(slots=True)
class Transition:
    """N transitions; N is the number of envs online, the batch in replay, turns in an episode.

    A term sees (s_t, a_t, s_{t+1}): `features` and `obs` belong to s_t, `next_features` and
    `next_obs` to s_{t+1}, which at an episode's end is the true final state, never the state
    after an automatic reset.

    Args:
        obs, next_obs: arrays of shape (N, ...), or dicts of them; None where a place has none.
        action: shape (N,) or (N, ...).
        env_reward: the environment's own reward, float64 of shape (N,).
        terminated, truncated: bool of shape (N,); both may be true on one row.
        features, next_features: name -> array of shape (N, ...).
        valid: False on rows that are no transition (Gymnasium's NEXT_STEP dummy step);
            None if all are.
        env_index: the slot of each row, for terms with per-env state; None means 0..N-1.
        agent: agent name per row (object array), or None.
        episode: a number per row that differs between episodes, or None.
        t: steps since the episode began, at s_t; None if unknown (0 is assumed).
        env_steps: the training clock when the row was collected; None means now.
        remembered: of stored rows, name -> what each term that `remembers` paid when they
            happened, before its weight, shape (N,) (`RewardOutput.remembered`); None if unknown.
    """

    obs: Any
    action: Any
    next_obs: Any
    env_reward: Floats
    terminated: Bools
    truncated: Bools
    features: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    next_features: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    valid: Bools | None = None
    env_index: Ints | None = None
    agent: NDArray[Any] | None = None
    episode: Ints | None = None
    t: Ints | None = None
    env_steps: Ints | None = None
    remembered: Mapping[str, Floats] | None = None

    def __len__(self) -> int:
        return len(self.env_reward)

    def select(self, rows: Any) -> Transition:
        """The transitions at `rows` (indices, mask or slice), in that order."""
        return Transition(*(_take(getattr(self, f.name), rows) for f in fields(self)))


def _take(value: Any, rows: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {k: _take(v, rows) for k, v in value.items()}
    return np.asarray(value)[rows]


def stack(transitions: list[Transition]) -> Transition:
    """Join batches row-wise (e.g. the steps of an episode); optional fields must agree."""
    return Transition(
        *(_join([getattr(t, f.name) for t in transitions]) for f in fields(Transition))
    )


def _join(values: list[Any]) -> Any:
    first = values[0]
    if first is None:
        return None
    if isinstance(first, Mapping):
        return {k: _join([v[k] for v in values]) for k in first}
    return np.concatenate([np.asarray(v) for v in values])
