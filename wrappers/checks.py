"""What a place refuses before it does anything: another kind of env, a reward already inside."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from gymnasium import spaces

from rewardsmith.errors import BindingError, ContractError, PlaceError
from rewardsmith.term import Learner

# kind of env -> (module, base class, its place). Looked up among the modules already loaded: an
# env of a library that is not loaded cannot have been passed, and no place loads another's.
_KINDS = {
    "Gymnasium env": ("gymnasium", "Env", "RewardWrapper"),
    "Gymnasium vector env": ("gymnasium.vector", "VectorEnv", "RewardVectorWrapper"),
    "SB3 VecEnv": ("stable_baselines3.common.vec_env", "VecEnv", "RewardVecEnv"),
    "PettingZoo parallel env": ("pettingzoo", "ParallelEnv", "RewardParallelWrapper"),
    "PettingZoo AEC game": ("pettingzoo", "AECEnv", ""),
}


def kind_of(env: Any) -> str:
    """Which of the known kinds `env` is, or an empty string."""
    for kind, (module, name, _) in _KINDS.items():
        base = getattr(sys.modules.get(module), name, None)
        if isinstance(base, type) and isinstance(env, base):
            return kind
    return ""


def check_kind(env: Any, wanted: str, place: str) -> None:
    """Refuse an env that belongs elsewhere.

    Args:
        env: what was passed.
        wanted: the kind that the place takes.
        place: the place's name.

    Raises:
        PlaceError: names the place of that kind of env.
    """
    found = kind_of(env)
    if found == wanted or (not found and wanted.startswith("PettingZoo") and _is_parallel(env)):
        return
    raise PlaceError(
        f"{place} goes around a {wanted}. Received {_shown(env, found)}; {_remedy(env, found)}"
    )


def _is_parallel(env: Any) -> bool:
    """Whether it looks like a parallel env, though it is none by class."""
    return hasattr(env, "possible_agents") and not isinstance(env, type)


def _shown(env: Any, kind: str) -> str:
    if isinstance(env, type):
        return f"the class {env.__name__}"
    name = type(env).__name__
    return f"{env!r}" if env is None or isinstance(env, str) else f"{name} ({kind or 'no env'})"


def _remedy(env: Any, kind: str) -> str:
    if kind == "PettingZoo AEC game":
        return "turn it into a parallel env with pettingzoo.utils.aec_to_parallel, if it can be."
    if kind:
        return f"use rewardsmith.wrappers.{_KINDS[kind][2]}."
    if isinstance(env, str):
        return f"build it first: rewardsmith.make({env!r}, reward=...) does both."
    return "build the env first."


def refuse_second(found: bool, place: str) -> None:
    """Refuse a reward around a reward: the env's own reward would no longer be kept apart."""
    if found:
        raise PlaceError(
            f"An env has one reward, or its own reward is lost. Received for {place} an env with "
            "a reward already inside; join both into one formula, or build the env without "
            "(rewardsmith.make(env_id) with no reward=)."
        )


def learner(gamma: float, bootstraps_on_truncation: bool) -> Learner:
    """The learner that a place was told of.

    Raises:
        BindingError: a discount outside [0, 1], or an answer that is neither yes nor no.
    """
    if not isinstance(bootstraps_on_truncation, bool | np.bool_):
        raise BindingError(
            "bootstraps_on_truncation is True or False. "
            f"Received {bootstraps_on_truncation!r}; Stable-Baselines3 bootstraps: True."
        )
    return Learner(gamma, bool(bootstraps_on_truncation))


def check_buffer_space(space: Any, takes_dict: bool, who: str, other: str) -> None:
    """Refuse a buffer for arrays around dictionaries, or the reverse; raises `PlaceError`."""
    if isinstance(space, spaces.Dict) != takes_dict:
        kinds = "arrays", "dictionaries"
        raise PlaceError(
            f"{who} stores observations that are {kinds[takes_dict]}. Received {space}; use "
            f"{other} for {kinds[not takes_dict]}."
        )


def check_gamma(told: Learner, gamma: float, who: str) -> None:
    """Refuse a learner whose discount is not the reward's; raises `BindingError`."""
    Learner(gamma)
    if told.gamma != gamma:
        raise BindingError(
            "A reward and its learner share one discount gamma, or shaping changes the optimal "
            f"policy. Received gamma={told.gamma:g} in the reward's place and gamma={gamma:g} in "
            f"{who}; give both the same, e.g. RewardVecEnv(venv, reward, gamma={gamma:g})."
        )


def check_timeouts(told: Learner, handled: bool, who: str) -> None:
    """Refuse a learner that treats time limits as the reward does not; raises `BindingError`."""
    if told.bootstraps_on_truncation != handled:
        raise BindingError(
            "A reward and its learner treat time limits alike, or shaping changes the optimal "
            f"policy. Received bootstraps_on_truncation={told.bootstraps_on_truncation} in the "
            f"reward's place and {who}; give both the same."
        )


def one_number(reward: Any) -> float:
    """The reward of one step as a float.

    Raises:
        ContractError: not one number (None, text, several objectives).
    """
    try:
        if reward is None or isinstance(reward, str | bytes):  # NumPy reads NaN, and "2" as 2
            raise TypeError
        return float(np.asarray(reward, dtype=np.float64).reshape(()))
    except (TypeError, ValueError):
        raise ContractError(
            f"An env pays one number a step. Received {reward!r}; pick or weigh its parts in the "
            "env, and leave what else it measures to features."
        ) from None
