"""What an export can take: rewards, environments, tasks."""

from __future__ import annotations

from operator import index
from typing import Any

from gymnasium import spaces

from rewardsmith.errors import BindingError, ConfigError, PlaceError
from rewardsmith.named_rewards import named_rewards
from rewardsmith.registration import find_entry
from rewardsmith.stack import RewardStack
from rewardsmith.term import Scope


def read_reward(env_id: str, reward: Any) -> RewardStack:
    """A ready-made reward of the environment by its name, or what `RewardStack.parse` reads."""
    entry = find_entry(env_id)
    if isinstance(reward, str) and entry is not None and reward in named_rewards(entry):
        return named_rewards(entry)[reward].stack()
    return reward if isinstance(reward, RewardStack) else RewardStack.parse(reward)


def check_terms(found: RewardStack, place: str, serves: frozenset[Scope], training: bool) -> None:
    """Raise `BindingError` for terms of group scope, or that learn, where there can be none."""
    for entry in found.entries:
        if entry.term.scope is Scope.GROUP and Scope.GROUP not in serves:
            raise BindingError(
                f"Term {entry.name!r} has scope 'group': it compares rollouts of one task, and "
                f"{place} sees one at a time. Use rewardsmith.agents.llm.export.verifiers_env "
                "with group_size, verl_reward.TurnRewards, or rewardsmith train ENV --agent llm."
            )
        if entry.term.learns and not training:
            raise BindingError(
                f"Term {entry.name!r} learns, and {place} scores in several copies that would "
                "each learn apart. Use rewardsmith train ENV --agent llm, or the GEM or OpenEnv "
                "export with one environment."
            )


def check_text(env: Any, env_id: str) -> None:
    """Raise `PlaceError` unless the environment takes and gives text."""
    given = (env.observation_space, env.action_space)
    if not all(isinstance(space, spaces.Text) for space in given):
        raise PlaceError(
            f"These trainers read text and act by text. Received {env_id} with the observations "
            f"{given[0]} and the actions {given[1]}. Choose an environment of text (rewardsmith "
            "envs), without actions='index' or obs='hash'."
        )


def seed_of(task: Any) -> int:
    """A task's seed; raises `ConfigError`."""
    try:
        found = index(task)
    except TypeError:
        found = -1
    if isinstance(task, bool) or found < 0:
        raise ConfigError(
            f"A task is the seed of an episode, a whole number of at least 0. Received {task!r}."
        )
    return found


def task_of(ground_truth: Any) -> int:
    """The task that a dataset's row names, as a number or its digits; raises `ConfigError`."""
    try:
        return seed_of(int(ground_truth))
    except (TypeError, ValueError):  # a ConfigError is a ValueError too
        raise ConfigError(
            "ground_truth is the task: the seed of its episode, a whole number of at least 0. "
            f"Received {ground_truth!r}."
        ) from None
