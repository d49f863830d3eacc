"""What identifies a state of an env, so that two ways to it meet in one row of a table."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from pickle import dumps
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.wrappers import OrderEnforcing, PassiveEnvChecker, TimeLimit

from rewardsmith.rewards.audit.probe import Probe

#: attributes that tell the time, draw, or hold randomness: no part of an env's state
_VOLATILE = frozenset(
    {
        "_np_random", "np_random", "_np_random_seed", "spec", "_saved_kwargs", "_cached_spec",
        "window", "window_surface", "clock", "screen", "surf", "lastaction", "last_u",
        "step_count", "steps", "_elapsed_steps", "elapsed_steps", "_steps", "steps_taken",
        "observation_space", "action_space", "_observation_space", "_action_space", "_metadata",
    }
)  # fmt: skip
#: what only a wrapper, and what only a toy-text env, has besides
_OF_WRAPPER, _OF_TABLE = frozenset({"env"}), frozenset({"P", "initial_state_distrib"})
#: wrappers that change nothing but the ends of episodes
_BENIGN = (Probe, TimeLimit, OrderEnforcing, PassiveEnvChecker)


class Unhashable(Exception):
    """A state that cannot be told from others."""


def state_key(env: gym.Env[Any, Any]) -> Hashable:
    """A value that is equal for two equal states of `env`, the time of the episode left out.

    The env's own `state_key()` if it has one; the state number of a toy-text env, with the
    attributes of wrappers that may change what it does; else all attributes of the env and of
    its wrappers, pickled.

    Raises:
        Unhashable: the attributes cannot be pickled.
    """
    own = _attribute(env, "state_key")
    if callable(own) and (key := own()) is not None:
        return key  # type: ignore[no-any-return]
    if not has_table(env):
        return pickled([_plain(layer) for layer in layers(env)])
    bare: Any = env.unwrapped
    around = [x for x in layers(env) if x is not bare and not isinstance(x, _BENIGN)]
    return (int(bare.s), pickled([_plain(x) for x in around])) if around else int(bare.s)


def seen_key(obs: Any) -> Hashable:
    """An observation as a value that is equal for equal ones."""
    if isinstance(obs, dict):
        return tuple((k, seen_key(v)) for k, v in sorted(obs.items()))
    if isinstance(obs, tuple | list):
        return tuple(map(seen_key, obs))
    if isinstance(obs, np.ndarray):
        return obs.shape, obs.tobytes()
    return obs if isinstance(obs, Hashable) else pickled(obs)


def has_table(env: gym.Env[Any, Any]) -> bool:
    """Whether the env exposes its dynamics as toy-text envs do: `P[s][a]` and `s`."""
    bare: Any = env.unwrapped
    table = getattr(bare, "P", None)
    return isinstance(table, dict) and bool(table) and isinstance(_int(bare, "s"), int)


def plain_table(env: gym.Env[Any, Any]) -> bool:
    """Whether the number `s` is all that a toy-text env says of its state."""
    return state_key(env) == int(env.unwrapped.s)  # type: ignore[attr-defined]


def layers(env: Any, inner: Any = None) -> Iterator[Any]:
    """The env and what is inside it, from the outermost; up to `inner`, which is left out."""
    while env is not inner:
        yield env
        if not isinstance(env, gym.Wrapper):
            return
        env = env.env


def pickled(value: Any) -> bytes:
    """`value` as bytes; raises `Unhashable`."""
    try:
        return dumps(value, protocol=5)
    except Exception as error:  # pickle's errors have no common base
        raise Unhashable(f"its state cannot be pickled ({error})") from error


def own_attributes(holder: Any) -> dict[str, Any]:
    """Attributes of an object, those in `__slots__` included."""
    slots = [n for c in type(holder).__mro__ for n in _slots(c) if hasattr(holder, n)]
    return {**{n: getattr(holder, n) for n in slots}, **getattr(holder, "__dict__", {})}


def _slots(cls: type) -> tuple[str, ...]:
    named = vars(cls).get("__slots__", ())
    named = (named,) if isinstance(named, str) else tuple(named)
    return tuple(n for n in named if n not in ("__dict__", "__weakref__"))


def _plain(env: Any) -> list[tuple[str, Any]]:
    left_out = _VOLATILE
    if isinstance(env, gym.Wrapper):
        left_out |= _OF_WRAPPER
    if isinstance(env, Probe):
        left_out |= vars(env).keys()
    if isinstance(getattr(env, "P", None), dict):
        left_out |= _OF_TABLE
    return sorted((k, v) for k, v in own_attributes(env).items() if k not in left_out)


def _attribute(env: gym.Env[Any, Any], name: str) -> Any:
    try:
        return env.get_wrapper_attr(name)
    except AttributeError:
        return None


def _int(holder: Any, name: str) -> Any:
    value = getattr(holder, name, None)
    return int(value) if isinstance(value, int | np.integer) else value
