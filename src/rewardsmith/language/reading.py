"""Reading names from a transition, as float64 arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rewardsmith.errors import LanguageError
from rewardsmith.language.functions import Array
from rewardsmith.transition import Transition

Run = Callable[[Transition], Array]
FLOAT64 = np.dtype(np.float64)


def raw(name: str, ahead: bool) -> Run:
    """Reads a name as the transition holds it."""
    special: dict[str, Run] = {
        "reward": lambda tr: tr.env_reward,
        "action": lambda tr: np.asarray(tr.action),
        "t": (lambda tr: _clock(tr) + 1) if ahead else _clock,
        "obs": _next_observation if ahead else _observation,
    }
    if name in special:
        return special[name]
    if ahead:
        return lambda tr: tr.next_features[name]
    return lambda tr: tr.features[name]


def _clock(tr: Transition) -> Array:
    return np.zeros(len(tr)) if tr.t is None else tr.t


def _observation(tr: Transition) -> Array:
    return _one_array(tr.obs, tr.features)


def _next_observation(tr: Transition) -> Array:
    return _one_array(tr.next_obs, tr.next_features)


def _one_array(obs: Any, features: Any) -> Array:
    if isinstance(obs, np.ndarray):
        return obs
    if "obs" in features:
        return np.asarray(features["obs"])
    what = "a dictionary: write its keys as features" if isinstance(obs, dict) else "not known"
    raise LanguageError(f"`obs` needs observations in one array. Here they are {what}.")


def as_float64(value: Array) -> Array:
    """The same array if it is float64, else a copy."""
    return value if value.dtype is FLOAT64 else value.astype(FLOAT64)
