"""From what a user says to a full RunSpec: defaults, a YAML file, command-line values."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from rewardsmith.agents.classic.algorithms import check_settings, find_algorithm
from rewardsmith.agents.classic.spec import RunSpec, check_keys
from rewardsmith.errors import ConfigError
from rewardsmith.language.yaml_text import why_unreadable
from rewardsmith.named_rewards import resolve_reward
from rewardsmith.placing import read_file
from rewardsmith.registration import check_known, find_entry
from rewardsmith.schemas import check_features
from rewardsmith.stack import RewardStack

#: settings that belong to the run; every other key of a defaults block is the learner's
RUN_SETTINGS = (
    "n_envs",
    "gamma",
    "normalize",
    "eval_every",
    "eval_episodes",
    "deterministic_eval",
    "on_nan",
    "env_kwargs",
)
#: what a config file may hold
CONFIG_KEYS = [
    "env_id",
    "reward",
    "algo",
    "steps",
    "seed",
    *RUN_SETTINGS,
    "hyperparameters",
]
_EVALUATIONS = 20


def make_spec(
    env_id: str | None = None, *, config: Path | Mapping[str, Any] | None = None, **given: Any
) -> RunSpec:
    """The full spec of a run: `given` over `config` over the defaults of algorithm and family.

    Args:
        env_id: the environment; may come from the config instead.
        config: a YAML file (or its data) with any of `CONFIG_KEYS`.
        given: any of `CONFIG_KEYS`; None means not given.

    Raises:
        RewardsmithError: an unknown environment, algorithm, reward, setting or hyperparameter.
    """
    chosen = _merge(read_config(config), {"env_id": env_id, **given})
    _check_kinds(chosen)
    check_known(chosen["env_id"])
    algorithm = find_algorithm(chosen.get("algo", "ppo"))
    hyperparameters = chosen.pop("hyperparameters", {})
    check_settings(algorithm, hyperparameters)
    run, learner = _split(defaults(algorithm.name, chosen["env_id"]))
    settings = {"algo": algorithm.name, "steps": 100_000, "seed": 0, **run, **chosen}
    settings["env_kwargs"] = {**run.get("env_kwargs", {}), **chosen.get("env_kwargs", {})}
    settings["hyperparameters"] = _fit({**learner, **hyperparameters}, settings["steps"])
    settings.setdefault("eval_every", _eval_every(settings))
    entry = find_entry(settings["env_id"])
    settings["env_id"] = entry.id if entry else settings["env_id"]
    stack = checked_reward(settings.get("reward", "env"), settings["env_id"])
    spec = RunSpec.from_dict({**settings, "reward": stack.formula})
    algorithm.check(spec)
    return spec


def checked_reward(reward: Any, env_id: str) -> RewardStack:
    """The stack that `reward` means in `env_id`, whose features it may read.

    Raises:
        RewardsmithError: no such reward, a text that is not in the language, an unknown feature.
    """
    stack = resolve_reward(reward, env_id)
    if (entry := find_entry(env_id)) is not None:
        check_features(stack, entry, str(reward))
    return stack


def read_config(config: Path | Mapping[str, Any] | None) -> dict[str, Any]:
    """The settings in a YAML file; raises `ConfigError` for what it may not hold."""
    if config is None:
        return {}
    data: Any = config
    if isinstance(config, Path):
        try:
            data = yaml.safe_load(read_file(config, "A config"))
        except (RecursionError, yaml.YAMLError) as error:
            why = why_unreadable(error, config)
            raise ConfigError(f"{config} must be readable YAML. Received: {why}.") from error
        if data is None:
            raise ConfigError(f"The config {config} is a mapping of settings. The file is empty.")
    check_keys(
        f"The config {config if isinstance(config, Path) else ''}".strip(), data, CONFIG_KEYS
    )
    return dict(data)


def defaults(algo: str, env_id: str) -> dict[str, Any]:
    """The defaults of `algo` for an environment: general, then its family's, then its own."""
    blocks = _defaults()[algo]
    entry = find_entry(env_id)
    name = env_id.removeprefix("rewardsmith:").removeprefix("rewardsmith/").rsplit("-v", 1)[0]
    keys = ["default"] + ([entry.family] if entry else [])
    keys += [k for k in blocks if k.endswith("*") and name.startswith(k[:-1])] + [name]
    merged: dict[str, Any] = {"eval_episodes": 20, "deterministic_eval": True}
    for key in keys:
        merged.update(copy.deepcopy(blocks.get(key, {})))
    return merged


@cache
def _defaults() -> dict[str, Any]:
    text = (resources.files("rewardsmith.agents.classic") / "defaults.yaml").read_text("utf-8")
    return dict(yaml.safe_load(text))


def _merge(config: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    values = {k: v for k, v in given.items() if v is not None}
    check_keys("A run", values, CONFIG_KEYS)
    _check_mappings(config)  # what the command line sets would hide what is wrong in the file
    both = {**config, **values}
    for key in ("hyperparameters", "env_kwargs"):
        if all(isinstance(given.get(key), Mapping) for given in (config, values)):
            both[key] = {**config[key], **values[key]}
    return both


def _check_kinds(chosen: Mapping[str, Any]) -> None:
    """What is looked up before RunSpec sees it; RunSpec says what is wrong with the rest."""
    if "env_id" not in chosen:
        raise ConfigError("A run needs an environment. Give its id, or env_id in the config.")
    for name in ("env_id", "algo"):
        if name in chosen and not isinstance(chosen[name], str):
            raise ConfigError(f"{name} is text. Received {chosen[name]!r}.")
    _check_mappings(chosen)


def _check_mappings(chosen: Mapping[str, Any]) -> None:
    for name, held in (("env_kwargs", "keywords"), ("hyperparameters", "settings")):
        if name in chosen and not isinstance(chosen[name], Mapping):
            raise ConfigError(f"{name} is a mapping of {held}. Received {chosen[name]!r}.")


def _split(block: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    run = {k: v for k, v in block.items() if k in RUN_SETTINGS}
    return run, {k: v for k, v in block.items() if k not in RUN_SETTINGS}


def _fit(hyperparameters: dict[str, Any], steps: Any) -> dict[str, Any]:
    # A buffer never holds more than the run collects; its checkpoint is that much smaller.
    # What is no number is left to the learner, which says so.
    if isinstance(hyperparameters.get("buffer_size"), int):
        hyperparameters["buffer_size"] = min(hyperparameters["buffer_size"], _as_steps(steps))
    return hyperparameters


def _eval_every(settings: Mapping[str, Any]) -> int:
    """A twentieth of the run, in whole rollouts: evaluation happens between two of them."""
    steps = _as_steps(settings["steps"])
    rollout = _as_steps(settings["n_envs"]) * _as_steps(
        settings["hyperparameters"].get("n_steps", 1)
    )
    return math.ceil(steps / _EVALUATIONS / rollout) * rollout


def _as_steps(steps: Any) -> int:
    # RunSpec says what is wrong with a value that is no whole number.
    return steps if isinstance(steps, int) and steps > 0 else 1
