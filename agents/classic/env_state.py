"""The training envs in a checkpoint: a resumed run goes on in the middle of its episodes."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
from stable_baselines3.common.vec_env import DummyVecEnv

logger = logging.getLogger("rewardsmith")
_CANNOT = (TypeError, AttributeError, ValueError, NotImplementedError, pickle.PicklingError)


def can_be_saved(env: gym.Env[Any, Any]) -> bool:
    """Whether a pickle of `env` holds its state.

    Gymnasium's EzPickle, and others that write their own pickle, keep the constructor's
    arguments alone: what comes back is a new env, not the one that was saved.
    """
    own_words = ("__getstate__", "__reduce__", "__reduce_ex__")
    return not any(
        getattr(layer, "uncopyable", "")
        or any(getattr(type(layer), word) is not getattr(object, word) for word in own_words)
        for layer in _layers(env)
    )


def save_envs(venv: DummyVecEnv, path: Path) -> bool:
    """Write the envs with their state, if they can be saved; says whether they were."""
    if not all(can_be_saved(env) for env in venv.envs):
        return False
    try:
        data = pickle.dumps(venv.envs)
    except _CANNOT as error:
        logger.info("A resumed run begins new episodes: its envs cannot be saved (%s).", error)
        return False
    path.write_bytes(data)
    return True


def load_envs(venv: DummyVecEnv, path: Path) -> None:
    """Put back the envs that `save_envs` wrote."""
    envs = pickle.loads(path.read_bytes())
    for old in venv.envs:
        old.close()
    venv.envs[:] = envs


def _layers(env: Any) -> Iterator[Any]:
    yield env
    while isinstance(env, gym.Wrapper):
        env = env.env
        yield env
