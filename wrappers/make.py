"""Build any registered environment, ours or a stranger's, with its reward."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from gymnasium.vector import AutoresetMode

from rewardsmith.catalog import EnvEntry
from rewardsmith.errors import ConfigError, UnknownNameError
from rewardsmith.named_rewards import misspelt, resolve_reward
from rewardsmith.registration import check_known, find_entry
from rewardsmith.wrappers import building
from rewardsmith.wrappers.checks import learner


def make(
    env_id: str,
    reward: Any = None,
    *,
    gamma: float = 0.99,
    bootstraps_on_truncation: bool = True,
    on_nan: str = "raise",
    num_envs: int | None = None,
    vectorization_mode: str = "sync",
    autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
    **kwargs: Any,
) -> Any:
    """Build a registered env with its reward around it.

    Args:
        env_id: an id of ours (`rewardsmith/` may be left out) or any of Gymnasium's registry.
        reward: the name of a ready-made reward, a formula, a YAML path, a mapping, a term or a
            stack; None for the env's own reward without a wrapper.
        gamma: the learner's discount.
        bootstraps_on_truncation: whether the learner values the state at a time limit.
        on_nan: `raise`, `zero` or `last`.
        num_envs: build a vector env of so many; None builds a single env.
        vectorization_mode: `sync` or `async`, with num_envs.
        autoreset_mode: Gymnasium's, with num_envs.
        kwargs: passed to the env (`render_mode`, ...); `max_episode_steps` replaces its time limit,
            inside the reward.

    Returns:
        A gymnasium Env or VectorEnv, or a PettingZoo parallel env for multi-agent ids.

    Raises:
        UnknownNameError: nobody knows the id; the message lists the near misses.
        ConfigError: an option or a keyword that cannot be used.
        MissingExtraError: the env needs a package that is not installed.
        RewardsmithError: the reward cannot be read or cannot run in this env.

    >>> env = make("rewardsmith/MountainCar-v0", reward="potential", gamma=0.98)
    >>> env.stack.formula
    'env + potential(10*(mechanical_energy - 1))'
    """
    _check_id(env_id)
    place = _place(gamma, bootstraps_on_truncation, on_nan)
    count = None if num_envs is None else building.check_count(num_envs)
    mode, autoreset = building.check_mode(vectorization_mode), building.autoreset_of(autoreset_mode)
    entry = find_entry(env_id)
    # Before anything is built: a reward that cannot be read must not leave envs behind.
    stack = None if reward is None else resolve_reward(reward, env_id)
    with _hinting(reward, env_id):
        if entry is not None and entry.family == "multiagent":
            return _make_parallel(entry, stack, place, count, kwargs)
        if count is None:
            return _wrapped(building.make_bare(env_id, kwargs), stack, place)
        builders = [partial(building.make_bare, env_id, kwargs) for _ in range(count)]
        return _wrapped_vector(building.vectorized(builders, mode, autoreset), stack, place)


def entry_point(
    env_id: str,
    reward: Any = None,
    *,
    gamma: float = 0.99,
    bootstraps_on_truncation: bool = True,
    on_nan: str = "raise",
    render_mode: str | None = None,
    **kwargs: Any,
) -> Any:
    """What `gym.make` calls for an id of ours; arguments as in `make`.

    A `max_episode_steps` given to `gym.make` stays with it: its time limit lies outside the
    reward, which takes such an end for none. Give it to `make` instead.
    """
    entry = find_entry(env_id)
    if entry is None:
        check_known(env_id)
        raise ConfigError(f"{env_id} is not an environment of rewardsmith. Use gymnasium.make.")
    place = _place(gamma, bootstraps_on_truncation, on_nan)
    stack = None if reward is None else resolve_reward(reward, env_id)
    with _hinting(reward, env_id):
        env = building.limited(entry, {"render_mode": render_mode, **kwargs})
        return _wrapped(env, stack, place)


def _check_id(env_id: Any) -> None:
    if not isinstance(env_id, str):
        raise ConfigError(
            "An environment's id is text, such as 'CartPole-v1'. Received "
            f"{env_id!r}; put an env that is already built into rewardsmith.wrappers.RewardWrapper."
        )
    check_known(env_id)


def _place(gamma: float, bootstraps_on_truncation: bool, on_nan: str) -> dict[str, Any]:
    """What a place is told; checked even where no reward uses it, so that typos show at once."""
    learner(gamma, bootstraps_on_truncation)
    return {
        "gamma": gamma,
        "bootstraps_on_truncation": bootstraps_on_truncation,
        "on_nan": on_nan,
    }


@contextmanager
def _hinting(reward: Any, env_id: str) -> Iterator[None]:
    """Turn an unknown feature into a misspelt reward where the user wrote a lone word."""
    try:
        yield
    except UnknownNameError as error:
        if (better := misspelt(reward, env_id)) is not None:
            raise better from error
        raise


def _wrapped(env: Any, stack: Any, place: dict[str, Any]) -> Any:
    if stack is None:
        return env
    from rewardsmith.wrappers.gymnasium_env import RewardWrapper

    return _or_close(env, lambda: RewardWrapper(env, stack, **place))


def _wrapped_vector(env: Any, stack: Any, place: dict[str, Any]) -> Any:
    if stack is None:
        return env
    from rewardsmith.wrappers.vector_env import RewardVectorWrapper

    return _or_close(env, lambda: RewardVectorWrapper(env, stack, **place))


def _make_parallel(
    entry: EnvEntry, stack: Any, place: dict[str, Any], num_envs: int | None, kwargs: Any
) -> Any:
    if num_envs is not None:
        raise ConfigError(
            f"{entry.id} is a PettingZoo game, which has no vector env. Received "
            f"num_envs={num_envs}; leave it out, and vectorise with SuperSuit outside the reward."
        )
    env = building.make_entry(entry, kwargs)
    if stack is None:
        return env
    from rewardsmith.wrappers.pettingzoo_parallel import RewardParallelWrapper

    return _or_close(env, lambda: RewardParallelWrapper(env, stack, **place))


def _or_close(env: Any, wrap: Any) -> Any:
    """Wrap an env, or close it (its windows and processes) if the reward is refused."""
    try:
        return wrap()
    except BaseException:
        env.close()
        raise
