"""Build an env without a reward, and tell in our words what kept it from being built."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
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
)
_MODES = ("sync", "async")
_UNKNOWN_KEYWORD = re.compile(r"unexpected keyword argument '(\w+)'")


def make_bare(env_id: str, kwargs: dict[str, Any]) -> Any:
    """The env with its time limit and without a reward.

    Raises:
        ConfigError: a keyword that the env does not know.
        MissingExtraError: a package that it needs is not installed.
    """
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
    """An env of ours with its time limit; raises as `make_bare`."""
    env = make_entry(entry, kwargs)
    steps = entry.max_episode_steps
    if steps is None:
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


def check_count(num_envs: Any) -> int:
    """How many envs to build; raises `ConfigError` unless it is a whole number from 1."""
    whole = hasattr(num_envs, "__index__") and not isinstance(num_envs, bool)
    if not whole or int(num_envs) < 1:
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
        found = _UNKNOWN_KEYWORD.search(str(error))
        # Any other TypeError is the env's own.
        if found is None or found[1] not in kwargs:
            raise
        raise _unknown_keyword(env_id, found[1]) from error


def _unknown_keyword(env_id: str, name: str) -> ConfigError:
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
