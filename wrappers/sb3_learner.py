"""Compare a Stable-Baselines3 learner with the reward that it learns from."""

from __future__ import annotations

from typing import Any

from stable_baselines3.common.vec_env import VecEnv

from rewardsmith.errors import BindingError, PlaceError
from rewardsmith.stack import RewardStack
from rewardsmith.term import Learner
from rewardsmith.wrappers.checks import check_gamma, check_timeouts
from rewardsmith.wrappers.sb3_relabelled import Relabelled
from rewardsmith.wrappers.sb3_rollout_buffer import EpisodePay
from rewardsmith.wrappers.sb3_vec_env import find_reward_env


def check_learner(model: Any, stack: RewardStack | None = None) -> None:
    """Refuse a Stable-Baselines3 model that does not fit its reward.

    SB3 tells neither envs nor replay buffers the learner's settings, so call this once a model is
    built, and again once it is loaded: `check_learner(model)`.

    Args:
        model: the learner.
        stack: its reward; None looks for it in the model's env, in a RewardVecEnv or in each
            env's own RewardWrapper (`rewardsmith.make`).

    Raises:
        BindingError: another discount, other time limits, or n-step returns that its buffer
            would ignore.
        PlaceError: no learner with a discount, no reward in its env, or nobody pays the terms of
            episode scope.
    """
    who = type(model).__name__
    if not isinstance(getattr(model, "gamma", None), float | int):
        raise PlaceError(
            "check_learner(model) takes a Stable-Baselines3 model, whose discount is model.gamma. "
            f"Received {who} without one."
        )
    for told in [_bound(stack)] if stack is not None else _rewards_inside(model):
        check_gamma(told, model.gamma, who)
        check_timeouts(told, *_time_limits(model))
    _check_buffers(model, who)


def _bound(stack: RewardStack) -> Learner:
    if not isinstance(stack, RewardStack) or stack.binding is None:
        what = "a stack in no place" if isinstance(stack, RewardStack) else repr(stack)
        raise PlaceError(
            "Only a reward that runs somewhere can be compared: the stack of its place, such as "
            f"venv.stack. Received {what}; put it around the model's env first."
        )
    return stack.binding.learner


def _rewards_inside(model: Any) -> list[Learner]:
    """What the rewards in a model's env were told of their learner."""
    env: VecEnv | None = model.get_env()
    place = find_reward_env(env)
    if place is not None:
        return [place.reward_learner]
    if env is not None and env.has_attr("reward_learner"):
        return list(env.get_attr("reward_learner"))
    raise PlaceError(
        "check_learner(model) looks for a reward in the model's env. Received "
        f"{'no env' if env is None else type(env).__name__ + ' without one'}; build it with "
        "RewardVecEnv(venv, reward), or pass the stack: check_learner(model, stack)."
    )


def _time_limits(model: Any) -> tuple[bool, str]:
    """Whether a learner values the state at a time limit, and which of its settings says so."""
    buffer = getattr(model, "replay_buffer", None)
    handled = getattr(buffer, "handle_timeout_termination", True)
    name = type(model).__name__
    if buffer is None:
        return True, f"{name}, which bootstraps at time limits"
    return bool(handled), f"handle_timeout_termination={bool(handled)} in {name}'s buffer"


def _check_buffers(model: Any, who: str) -> None:
    place = find_reward_env(model.get_env())
    rollout: Any = getattr(model, "rollout_buffer", None)
    replay: Any = getattr(model, "replay_buffer", None)
    deferred = place is not None and place.deferred and place.training
    if deferred and not (isinstance(rollout, EpisodePay) and rollout.env is place):
        raise PlaceError(
            "Terms of episode scope are paid by a RewardRolloutBuffer of the same env. Received "
            f"{type(rollout or replay).__name__} in {who}; pass rollout_buffer_class="
            "RewardRolloutBuffer and rollout_buffer_kwargs={'env': venv}, to load() too."
        )
    if isinstance(replay, Relabelled):
        _check_n_steps(model.n_steps, replay, model.gamma, who)


def _check_n_steps(n_steps: int, buffer: Relabelled, gamma: float, who: str) -> None:
    if n_steps > 1 and n_steps != buffer.n_steps:
        raise BindingError(
            "SB3 ignores n_steps beside a replay_buffer_class; the buffer itself must know. "
            f"Received n_steps={n_steps} in {who} and {buffer.n_steps} in its "
            f"{type(buffer).__name__}; leave it out there and pass replay_buffer_kwargs="
            f"{{'env': venv, 'n_steps': {n_steps}, 'gamma': {gamma:g}}}."
        )
