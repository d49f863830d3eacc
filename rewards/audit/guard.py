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
from typing import Any, NoReturn, ParamSpec, TypeVar

import gymnasium as gym
import numpy as np
from gymnasium.wrappers import PassiveEnvChecker

from rewardsmith.errors import ConfigError, RewardsmithError

P = ParamSpec("P")
R = TypeVar("R")
Step = tuple[Any, float, bool, bool, dict[str, Any]]


# --- what was given ----------------------------------------------------------------------


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
        f"{_shown(value)}; {hint}."
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
            f"An info is a dict. {call} gave {_shown(info)}; return {{}} if there is none."
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
            f"{_shown(terms)} from {who}; call it otherwise, or give such a dict."
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
        f"Received {_shown(value)}; give True or False."
    )


def check_table(env: Any) -> None:
    """Refuse a toy-text table `P` that is no distribution over what follows each (s, a).

    Raises:
        ConfigError: it is of another form, or its probabilities do not sum to 1.
    """
    bare = getattr(env, "unwrapped", env)
    table = getattr(bare, "P", None)
    if not isinstance(table, dict) or not isinstance(getattr(bare, "s", 0), int | np.integer):
        return
    for s, actions in table.items():
        for a, outcomes in actions.items() if isinstance(actions, dict) else ((None, None),):
            if (told := _wrong(outcomes)) is not None:
                raise ConfigError(
                    "env.P[s][a] lists what may follow, (probability, next state, reward, "
                    "terminated), with probabilities that are not negative and sum to 1. Received "
                    f"{told} at P[{s!r}][{a!r}] of {name_of(env)}; mend the table, or rename it "
                    "if it is something else."
                )


def _wrong(outcomes: Any) -> str | None:
    """What is wrong with the outcomes of one (s, a), as half a sentence."""
    try:
        chances = [float(p) for p, _, reward, _ in outcomes if float(reward) == float(reward)]
        if len(chances) < len(outcomes):
            return "a reward of NaN"
    except (TypeError, ValueError):
        return _shown(outcomes)
    if chances and min(chances) >= 0 and abs(sum(chances) - 1) <= 1e-6:
        return None
    return f"probabilities {chances!r:.60}, which sum to {sum(chances):g}"


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

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset the env."""
        told = called_reset(self.env, seed, options)
        obs, info = read_reset(told, self.who)
        features = info.get("features")
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
                f"Received {_shown(features)} from step() of {self.who}, after "
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
        key = own()
        try:
            hash(key)
        except TypeError as error:
            raise ConfigError(
                "state_key() gives something that can be hashed, equal for equal states. "
                f"state_key() of {self.who} gave {_shown(key)}; make it a tuple of numbers."
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


def name_of(env: Any) -> str:
    """The class of the innermost env."""
    inside = getattr(env, "unwrapped", env) if isinstance(env, gym.Env) else env
    return type(inside).__name__


def _kind(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"{len(value)} values"
    return _shown(value)


def _shown(value: Any) -> str:
    """The type, and the value cut short; a repr that fails is left out."""
    try:
        text = f"{value!r}"
    except Exception:  # a number of too many digits, or a stranger's __repr__
        return f"a value of type {type(value).__name__}"
    text = text if len(text) <= 60 else f"{text[:60]}..."
    return "None" if value is None else f"{text} (of type {type(value).__name__})"
