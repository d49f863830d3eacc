"""Where a stranger's code is called: what it gives is checked, what it raises is told.

An audit runs envs and wrappers that others wrote. Whatever they do wrong becomes a `ConfigError`
that names the call, what came back and what to change.
"""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any, ParamSpec, TypeVar

import gymnasium as gym
from gymnasium.wrappers import PassiveEnvChecker

from rewardsmith.errors import ConfigError, RewardsmithError
from rewardsmith.rewards.audit.given import Step, check_table, name_of, read_reset, read_step, shown

P = ParamSpec("P")
R = TypeVar("R")


# --- what was raised ---------------------------------------------------------------------


def raised(call: str, error: Exception) -> ConfigError:
    """The error to raise for what a stranger's call raised."""
    return ConfigError(
        f"An audit calls an env and its reward as a learner would. {call} raised "
        f"{type(error).__name__}: {error}{_place(error)}. {_remedy(error)}"
    )


def _remedy(error: Exception) -> str:
    text = str(error)
    if "unexpected keyword" in text or "positional argument" in text:
        return "Write reset(self, *, seed=None, options=None) and step(self, action)."
    if "to unpack" in text:
        return (
            "Let reset() give (obs, info) and step() give (obs, reward, terminated, truncated, "
            "info)."
        )
    return "Mend it there; an env takes every action of its action space, whatever came before."


def _place(error: BaseException) -> str:
    """Where a stranger's code was entered last, as ` (in step, line 3 of my.py)`."""
    entry, inside = "", False
    for frame, line in traceback.walk_tb(error.__traceback__):
        known = _package(frame) in ("rewardsmith", "gymnasium")
        if not known and not inside:
            code = frame.f_code
            entry = f" (in {code.co_qualname}, line {line} of {Path(code.co_filename).name})"
        inside = not known
    return entry


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).split(".")[0]


def told_plainly(function: Callable[P, R]) -> Callable[P, R]:
    """Make a `ConfigError` of what a stranger's code raises inside `function`.

    What our own code raises stays as it is.
    """

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except RewardsmithError:
            raise
        except Exception as error:
            innermost = list(traceback.walk_tb(error.__traceback__))[-1][0]
            if _package(innermost) == "rewardsmith":
                raise
            raise raised("What they do", error) from error

    return guarded


def called(function: Callable[[], R], call: str, rule: str, hint: str) -> R:
    """What a stranger's function gives, called once.

    Args:
        function: called without arguments.
        call: how the message names it.
        rule: what holds for it, a sentence that ends in a blank.
        hint: what to do if it needs other arguments.

    Raises:
        ConfigError: it raised something that is not an error of ours.
    """
    try:
        return function()
    except RewardsmithError:
        raise
    except Exception as error:
        remedy = hint if isinstance(error, TypeError) else "Mend it there."
        raise ConfigError(
            f"{rule}{call} raised {type(error).__name__}: {error}{_place(error)}. {remedy}"
        ) from error


# --- the env under the probe -------------------------------------------------------------


class Guard(PassiveEnvChecker):
    """Checks what the env gives, right where it gives it; changes nothing."""

    def __init__(self, env: gym.Env[Any, Any]) -> None:
        gym.Wrapper.__init__(self, env)
        self.who = name_of(env)
        #: names that info["features"] held at the reset; None: it holds none
        self.names: tuple[str, ...] | None = None
        self.looked = False

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset the env."""
        told = called_reset(self.env, seed, options)
        obs, info = read_reset(told, self.who)
        features = info.get("features")
        if not self.looked:
            check_table(self.env)
            self.looked = True
        self.names = tuple(features) if isinstance(features, Mapping) else None
        return obs, info

    def step(self, action: Any) -> Step:
        """Step the env."""
        told = read_step(self.env.step(action), self.who)
        if self.names is not None:
            self._check_features(told[4].get("features"))
        return told

    def _check_features(self, features: Any) -> None:
        names = self.names or ()
        if not isinstance(features, Mapping) or not all(n in features for n in names):
            raise ConfigError(
                'info["features"] is a dict that holds the same names at every reset and step. '
                f"Received {shown(features)} from step() of {self.who}, after "
                f"{', '.join(map(str, names)) or 'none'} at its reset; give all of them."
            )

    def state_key(self) -> Hashable:
        """The env's own `state_key()`, None without.

        Raises:
            ConfigError: it cannot be hashed.
        """
        try:
            own = self.env.get_wrapper_attr("state_key")
        except AttributeError:
            return None
        if not callable(own):
            return None
        rule = "state_key() takes no arguments and gives a value that can be hashed. "
        hint = "Write state_key(self)."
        key = called(own, f"state_key() of {self.who}", rule, hint)
        try:
            hash(key)
        except TypeError as error:
            raise ConfigError(
                "state_key() gives something that can be hashed, equal for equal states. "
                f"state_key() of {self.who} gave {shown(key)}; make it a tuple of numbers."
            ) from error
        return key  # type: ignore[no-any-return]

    def close(self) -> None:
        """Close the env."""
        self.env.close()


def called_reset(env: Any, seed: int | None, options: Any = None) -> Any:
    """What `env.reset(seed=, options=)` gives.

    Raises:
        ConfigError: it does not take these arguments.
    """
    try:
        return env.reset(seed=seed, options=options)
    except TypeError as error:
        if _depth(error) > 1:
            raise
        raise raised(f"reset(seed={seed}, options={options}) of {name_of(env)}", error) from error


def _depth(error: Exception) -> int:
    return len(traceback.extract_tb(error.__traceback__))
