"""What a stranger's env or wrapper gives, checked as it comes: `ConfigError` for all else."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

import gymnasium as gym
import numpy as np

from rewardsmith.errors import ConfigError

Step = tuple[Any, float, bool, bool, dict[str, Any]]


def number(value: Any, whose: str) -> float:
    """A reward as a float; NaN and infinity pass, a check of their own finds them.

    Args:
        value: what was paid.
        whose: who paid it, for the message.

    Raises:
        ConfigError: it is no single real number of float64's range.
    """
    if type(value) is float:
        return value
    real = isinstance(value, int | float | np.bool_ | np.integer | np.floating)
    if not real and not (hasattr(value, "__float__") and getattr(value, "ndim", 1) == 0):
        _refuse(value, whose, "float(...) or .item() makes one of an array of one element")
    try:
        if np.iscomplexobj(value):
            raise TypeError("it is complex")
        return float(value)
    except (TypeError, ValueError, OverflowError) as error:
        _refuse(value, whose, f"({error}) scale it, or take its real part", error)


def _refuse(value: Any, whose: str, hint: str, cause: Exception | None = None) -> NoReturn:
    raise ConfigError(
        f"A reward is one real number within the range of a float. {whose} was paid "
        f"{shown(value)}; {hint}."
    ) from cause


def read_step(told: Any, who: str) -> Step:
    """What `step` gave, checked.

    Raises:
        ConfigError: it is not (obs, reward, terminated, truncated, info).
    """
    if not isinstance(told, tuple | list) or len(told) != 5:
        old = isinstance(told, tuple | list) and len(told) == 4
        raise ConfigError(
            "step(action) gives (obs, reward, terminated, truncated, info). step() of "
            f"{who} gave {_kind(told)}; "
            + ("split its `done` into terminated and truncated." if old else "return all five.")
        )
    obs, paid, terminated, truncated, info = told
    flags = truth(terminated, f"terminated of {who}"), truth(truncated, f"truncated of {who}")
    return obs, number(paid, f"A step of {who}"), *flags, read_info(info, f"step() of {who}")


def read_reset(told: Any, who: str) -> tuple[Any, dict[str, Any]]:
    """What `reset` gave, checked.

    Raises:
        ConfigError: it is not (obs, info).
    """
    if not isinstance(told, tuple | list) or len(told) != 2 or not isinstance(told[1], Mapping):
        raise ConfigError(
            f"reset(seed=, options=) gives (obs, info), info a dict. reset() of {who} gave "
            f"{_kind(told)}; return obs, {{}}."
        )
    return told[0], read_info(told[1], f"reset() of {who}")


def read_info(info: Any, call: str) -> dict[str, Any]:
    """An info, checked: a dict, whose `is_success` is one truth value.

    Raises:
        ConfigError: it is not.
    """
    if not isinstance(info, dict):
        raise ConfigError(
            f"An info is a dict. {call} gave {shown(info)}; return {{}} if there is none."
        )
    if (solved := info.get("is_success")) is not None:
        truth(solved, f'info["is_success"] of {call}')
    return info


def read_terms(info: Mapping[str, Any], who: str) -> dict[str, float]:
    """`info["reward_terms"]`: term name -> pay; {} if there is none.

    Raises:
        ConfigError: it is no dict of numbers.
    """
    terms = info.get("reward_terms", {})
    if not isinstance(terms, Mapping):
        raise ConfigError(
            'info["reward_terms"] is a dict from a term\'s name to what it paid. Received '
            f"{shown(terms)} from {who}; call it otherwise, or give such a dict."
        )
    return {str(k): number(v, f'info["reward_terms"][{k!r}] of {who}') for k, v in terms.items()}


def truth(value: Any, what: str) -> bool:
    """One truth value; raises `ConfigError`."""
    if type(value) is bool:
        return value
    try:
        if np.size(value) == 1 and not isinstance(value, str | list | tuple | dict):
            return bool(value)
    except Exception as error:
        raise ConfigError(_untrue(value, what)) from error
    raise ConfigError(_untrue(value, what))


def _untrue(value: Any, what: str) -> str:
    return (
        f"{what} is one truth value: an audit follows one env and one episode at a time. "
        f"Received {shown(value)}; give True or False."
    )


def check_table(env: Any) -> None:
    """Refuse a toy-text table `P` that is no distribution over what follows each (s, a).

    Raises:
        ConfigError: it is of another form, or its probabilities do not sum to 1.
    """
    bare = getattr(env, "unwrapped", env)
    table = getattr(bare, "P", None)
    if not isinstance(table, dict) or not isinstance(getattr(bare, "s", None), int | np.integer):
        return
    if any(table is sound for sound in _SOUND):
        return
    for s, actions in table.items():
        rows = actions.items() if isinstance(actions, dict) else _numbered(actions)
        for a, outcomes in rows:
            if (told := _wrong(outcomes)) is not None:
                raise ConfigError(
                    "env.P[s][a] lists what may follow, (probability, next state, reward, "
                    "terminated), with probabilities that are not negative and sum to 1. Received "
                    f"{told} at P[{s!r}][{a!r}] of {name_of(env)}; mend the table, or rename it "
                    "if it is something else."
                )
    _SOUND.append(table)


#: the last tables that were found sound: fresh envs of one audit often share theirs
_SOUND: deque[Any] = deque(maxlen=4)


def _numbered(actions: Any) -> Iterable[tuple[Any, Any]]:
    """Rows of a table that lists its actions in order; what is no list is one wrong row."""
    return enumerate(actions) if isinstance(actions, list | tuple) else ((None, actions),)


def _wrong(outcomes: Any) -> str | None:
    """What is wrong with the outcomes of one (s, a), as half a sentence."""
    try:
        chances = [float(p) for p, _, reward, _ in outcomes if float(reward) == float(reward)]
        if len(chances) < len(outcomes):
            return "a reward of NaN"
    except (TypeError, ValueError):
        return shown(outcomes)
    if chances and min(chances) >= 0 and abs(sum(chances) - 1) <= 1e-6:
        return None
    return f"probabilities {chances!r:.60}, which sum to {sum(chances):g}"


def name_of(env: Any) -> str:
    """The class of the innermost env."""
    inside = getattr(env, "unwrapped", env) if isinstance(env, gym.Env) else env
    return type(inside).__name__


def _kind(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"{len(value)} values"
    return shown(value)


def shown(value: Any) -> str:
    """The type, and the value cut short; a repr that fails is left out."""
    try:
        text = f"{value!r}"
    except Exception:  # a number of too many digits, or a stranger's __repr__
        return f"a value of type {type(value).__name__}"
    text = text if len(text) <= 60 else f"{text[:60]}..."
    return "None" if value is None else f"{text} (of type {type(value).__name__})"
