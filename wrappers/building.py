"""Build an env without a reward, and tell in our words what kept it from being built."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from operator import index
from typing import Any

import gymnasium as gym
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers import TimeLimit

from rewardsmith.catalog import EnvEntry
from rewardsmith.errors import ConfigError, MissingExtraError, RewardsmithError, near_misses
from rewardsmith.registration import build_bare, find_entry

#: what make() itself takes, for near misses among an env's own keywords
OPTIONS = (
    "reward",
    "gamma",
    "bootstraps_on_truncation",
    "on_nan",
    "num_envs",
    "vectorization_mode",
    "autoreset_mode",
    "render_mode",
    "max_episode_steps",
)
_MODES = ("sync", "async")
_UNKNOWN_KEYWORD = re.compile(r"unexpected keyword argument '(\w+)'")
_SET_TWICE = re.compile(r"multiple values for keyword argument '(\w+)'")


def make_bare(env_id: str, kwargs: dict[str, Any]) -> Any:
    """The env with its time limit and without a reward.

    Raises:
        ConfigError: a keyword that the env does not know, or a time limit of no steps.
        MissingExtraError: a package that it needs is not installed.
    """
    steps = kwargs.get("max_episode_steps")
    _check_steps(steps)
    if steps is not None:
        kwargs = {**kwargs, "max_episode_steps": int(steps)}  # Gymnasium knows no NumPy integers
    entry = find_entry(env_id)
    if entry is not None:
        return limited(entry, kwargs)
    with _telling(env_id, kwargs):
        return gym.make(env_id, **kwargs)


def make_entry(entry: EnvEntry, kwargs: dict[str, Any]) -> Any:
    """An env of ours as its factory gives it: no time limit, no reward; raises as `make_bare`."""
    with _telling(entry.id, kwargs, entry.extra):
        return build_bare(entry, **kwargs)


def limited(entry: EnvEntry, kwargs: dict[str, Any]) -> Any:
    """An env of ours with its time limit, or that of a `max_episode_steps`.

    As in `gymnasium.make`, None is the entry's own limit and -1 is none; raises as `make_bare`.
    """
    kwargs = dict(kwargs)
    steps = kwargs.pop("max_episode_steps", None)
    _check_steps(steps)
    env = make_entry(entry, kwargs)
    steps = entry.max_episode_steps if steps is None else int(steps)
    if steps is None or steps == -1:
        return env
    return (_GoalTimeLimit if hasattr(env, "compute_reward") else TimeLimit)(env, steps)


class _GoalTimeLimit(TimeLimit[Any, Any]):
    """A time limit that lets goal-based learners reach `compute_reward` through it."""

    def compute_reward(self, achieved_goal: Any, desired_goal: Any, info: Any) -> Any:
        return self.env.get_wrapper_attr("compute_reward")(achieved_goal, desired_goal, info)


def vectorized(builders: list[Any], mode: str, autoreset: AutoresetMode) -> Any:
    """A vector env of the builders."""
    kind = gym.vector.SyncVectorEnv if mode == "sync" else gym.vector.AsyncVectorEnv
    return kind(builders, autoreset_mode=autoreset)


def _is_whole(value: Any) -> bool:
    """Whether it is a whole number from 1."""
    try:
        return not isinstance(value, bool) and index(value) >= 1
    except TypeError:
        return False


def _check_steps(steps: Any) -> None:
    if steps is not None and not _is_whole(steps) and steps != -1:
        raise ConfigError(
            "max_episode_steps is a whole number from 1, -1 for no time limit, or None for the "
            f"env's own. Received {steps!r}."
        )


def check_count(num_envs: Any) -> int:
    """How many envs to build; raises `ConfigError` unless it is a whole number from 1."""
    if not _is_whole(num_envs):
        raise ConfigError(
            f"num_envs is a whole number from 1, or None for a single env. Received {num_envs!r}."
        )
    return int(num_envs)


def check_mode(mode: Any) -> str:
    """`sync` or `async`; raises `ConfigError` for anything else."""
    if mode not in _MODES:
        raise ConfigError(
            f"vectorization_mode is one of {_MODES}. "
            f"Received {mode!r}.{near_misses(str(mode), _MODES)}"
        )
    return str(mode)


def autoreset_of(mode: Any) -> AutoresetMode:
    """A mode by itself, its value or its name; raises `ConfigError` for anything else."""
    known = {m.name: m for m in AutoresetMode} | {m.value: m for m in AutoresetMode}
    if isinstance(mode, AutoresetMode):
        return mode
    by_lower = {name.lower(): found for name, found in known.items()}
    if str(mode).lower() in by_lower:
        return by_lower[str(mode).lower()]
    names = [m.name for m in AutoresetMode]
    raise ConfigError(
        f"autoreset_mode is one of {', '.join(names)} (gymnasium.vector.AutoresetMode). "
        f"Received {mode!r}.{near_misses(str(mode), names)}"
    )


@contextmanager
def _telling(env_id: str, kwargs: dict[str, Any], extra: str | None = None) -> Iterator[None]:
    """Turn what building an env raises for a user's mistake into an error that says so."""
    try:
        yield
    except RewardsmithError:
        raise
    except (ImportError, gym.error.DependencyNotInstalled) as error:
        raise _missing(env_id, error, extra) from error
    except gym.error.Error as error:
        raise ConfigError(f"Gymnasium cannot build {env_id!r}: {_sentence(error)}") from error
    except TypeError as error:
        told = _keyword_error(env_id, error, kwargs)
        if told is None:
            raise
        raise told from error


def _keyword_error(env_id: str, error: TypeError, kwargs: dict[str, Any]) -> ConfigError | None:
    """The error for a keyword that the env cannot take, or None if `error` is the env's own."""
    twice = _SET_TWICE.search(str(error))
    if twice is not None and twice[1] in kwargs:
        return ConfigError(f"{env_id} sets {twice[1]!r} itself. Leave it out.")
    found = _UNKNOWN_KEYWORD.search(str(error))
    if found is None or found[1] not in kwargs:
        return None
    name = found[1]
    hint = near_misses(name, OPTIONS)
    return ConfigError(
        f"Keywords that make() does not know itself go to the env. {env_id} has none called "
        f"{name!r}.{hint} Leave it out; make() takes {', '.join(OPTIONS)}."
    )


def _missing(env_id: str, error: Exception, extra: str | None) -> MissingExtraError:
    if extra is not None:
        remedy = f"Install it with: pip install 'rewardsmith[{extra}]'"
    elif "gymnasium-robotics" in str(error):
        remedy = (
            "Install it with: pip install 'rewardsmith[robotic]'; most of these envs go on "
            "under a later version of their id."
        )
    else:
        remedy = "Install what it names, in this Python's environment."
    return MissingExtraError(
        f"{env_id} needs a package that could not be imported: {_sentence(error)} {remedy}"
    )


def _sentence(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text if text.endswith((".", "!", "?")) else f"{text}."
