"""What identifies a state of an env, so that two ways to it meet in one row of a table."""

from __future__ import annotations

from collections.abc import Hashable
from pickle import dumps
from typing import Any

import gymnasium as gym
import numpy as np

#: attributes that tell the time, draw, or hold randomness: no part of the state
_VOLATILE = frozenset(
    {
        "_np_random", "np_random", "_np_random_seed", "spec", "_saved_kwargs", "_cached_spec",
        "window", "window_surface", "clock", "screen", "surf", "lastaction", "last_u",
        "step_count", "steps", "_elapsed_steps", "elapsed_steps", "_steps", "steps_taken",
        "env", "seen", "truncation", "P", "initial_state_distrib",
        "observation_space", "action_space", "_observation_space", "_action_space", "_metadata",
    }
)  # fmt: skip


class Unhashable(Exception):
    """A state that cannot be told from others."""


def state_key(env: gym.Env[Any, Any]) -> Hashable:
    """A value that is equal for two equal states of `env`, the time of the episode left out.

    The env's own `state_key()` if it has one; the state number of a toy-text env; else all
    attributes of the env and of its wrappers, pickled.

    Raises:
        Unhashable: the attributes cannot be pickled.
    """
    own = _attribute(env, "state_key")
    if callable(own) and (key := own()) is not None:
        return key  # type: ignore[no-any-return]
    bare: Any = env.unwrapped
    if has_table(env):
        return int(bare.s)
    return _pickled(env)


def has_table(env: gym.Env[Any, Any]) -> bool:
    """Whether the env exposes its dynamics as toy-text envs do: `P[s][a]` and `s`."""
    bare: Any = env.unwrapped
    table = getattr(bare, "P", None)
    return isinstance(table, dict) and bool(table) and isinstance(_int(bare, "s"), int)


def plain_table(env: gym.Env[Any, Any]) -> bool:
    """Whether the number `s` is all that a toy-text env says of its state."""
    return state_key(env) == int(env.unwrapped.s)  # type: ignore[attr-defined]


def reward_state(outer: Any, inner: Any) -> Hashable:
    """The hidden state of the wrappers between `outer` and the probe `inner`.

    Raises:
        Unhashable: it cannot be pickled.
    """
    parts, env = [], outer
    while env is not inner:
        parts.append(_plain(env))
        env = env.env
    return pickled(parts)


def pickled(value: Any) -> bytes:
    """`value` as bytes; raises `Unhashable`."""
    try:
        return dumps(value, protocol=5)
    except Exception as error:  # pickle's errors have no common base
        raise Unhashable(f"its state cannot be pickled ({error})") from error


def _pickled(env: gym.Env[Any, Any]) -> bytes:
    parts = []
    while True:
        parts.append(_plain(env))
        if not isinstance(env, gym.Wrapper):
            return pickled(parts)
        env = env.env


def _plain(env: Any) -> list[tuple[str, Any]]:
    found = [(k, v) for k, v in vars(env).items() if k not in _VOLATILE]
    return [(k, np.asarray(v) if isinstance(v, np.ndarray) else v) for k, v in sorted(found)]


def _attribute(env: gym.Env[Any, Any], name: str) -> Any:
    try:
        return env.get_wrapper_attr(name)
    except AttributeError:
        return None


def _int(holder: Any, name: str) -> Any:
    value = getattr(holder, name, None)
    return int(value) if isinstance(value, int | np.integer) else value
