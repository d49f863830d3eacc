"""Observations of a MiniGrid env: a flat one-hot vector by default, or MiniGrid's own."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from minigrid.core.constants import COLOR_TO_IDX, OBJECT_TO_IDX, STATE_TO_IDX

from rewardsmith.errors import ConfigError, near_misses

#: sizes of the one-hot codes of a cell's object, colour and state
CODES = (len(OBJECT_TO_IDX), len(COLOR_TO_IDX), len(STATE_TO_IDX) + 1)


class FlatObservation(gym.ObservationWrapper[Any, Any, Any], gym.utils.RecordConstructorArgs):
    """One-hot codes of every cell in view, the heading, and the mission's colour.

    The observation is uint8 of shape (cells * 21 + 4 + 6,), 0 or 1. The colour is that of the
    first colour word in the mission (all zeros if it names none), so that tasks whose target
    changes can be solved.
    """

    def __init__(self, env: gym.Env[Any, Any]) -> None:
        gym.utils.RecordConstructorArgs.__init__(self)
        gym.ObservationWrapper.__init__(self, env)
        width, height, _ = env.observation_space["image"].shape  # type: ignore[index]
        per_cell = sum(CODES)
        starts = np.array([0, CODES[0], CODES[0] + CODES[1]])
        self._offsets = (np.arange(width * height)[:, None] * per_cell + starts).ravel()
        self._cells = width * height * per_cell
        self._size = self._cells + 4 + len(COLOR_TO_IDX)
        self.observation_space = spaces.Box(0, 1, (self._size,), np.uint8)

    def observation(self, observation: Any) -> Any:
        """The flat vector."""
        flat = np.zeros(self._size, np.uint8)
        flat[self._offsets + observation["image"].ravel()] = 1
        flat[self._cells + int(observation["direction"])] = 1
        for word in observation["mission"].split():
            if word in COLOR_TO_IDX:
                flat[self._cells + 4 + COLOR_TO_IDX[word]] = 1
                break
        return flat


class ImageObservation(gym.ObservationWrapper[Any, Any, Any], gym.utils.RecordConstructorArgs):
    """MiniGrid's 7x7x3 view alone, uint8."""

    def __init__(self, env: gym.Env[Any, Any]) -> None:
        gym.utils.RecordConstructorArgs.__init__(self)
        gym.ObservationWrapper.__init__(self, env)
        self.observation_space = env.observation_space["image"]  # type: ignore[index]

    def observation(self, observation: Any) -> Any:
        """The image."""
        return observation["image"]


def _full(env: gym.Env[Any, Any]) -> gym.Env[Any, Any]:
    wrapper: Any = importlib.import_module("minigrid.wrappers").FullyObsWrapper
    return FlatObservation(wrapper(env))


KINDS: dict[str, Callable[[Any], gym.Env[Any, Any]]] = {
    "flat": FlatObservation,
    "full": _full,
    "image": ImageObservation,
    "dict": lambda env: env,
}


def observed(env: gym.Env[Any, Any], obs: str) -> gym.Env[Any, Any]:
    """Wrap `env` so that it gives `flat`, `full`, `image` or `dict` observations."""
    if obs not in KINDS:
        raise ConfigError(
            f"A grid env's obs is one of {sorted(KINDS)}. Received {obs!r}."
            + near_misses(obs, KINDS)
        )
    return KINDS[obs](env)
