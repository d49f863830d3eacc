"""The ready-made rewards that each environment ships beside itself, in YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from rewardsmith.catalog import EnvEntry
from rewardsmith.errors import ConfigError, near_misses
from rewardsmith.language.yaml_text import why_unreadable
from rewardsmith.placing import read_file
from rewardsmith.registration import find_entry
from rewardsmith.stack import RewardStack


@dataclass(frozen=True)
class NamedReward:
    """One ready-made reward: its name, one line of doc, its data (formula or terms), its file."""

    name: str
    doc: str
    data: Mapping[str, Any]
    where: str = ""

    def stack(self) -> RewardStack:
        """A fresh stack."""
        return RewardStack.parse(dict(self.data), where=self.where)


def named_rewards(entry: EnvEntry) -> dict[str, NamedReward]:
    """All ready-made rewards of an environment, by name."""
    return _read(entry.family, entry.rewards)


@cache
def _read(family: str, file: str) -> dict[str, NamedReward]:
    text = (resources.files(f"rewardsmith.envs.{family}") / file).read_text(encoding="utf-8")
    return parse_named(yaml.safe_load(text), f"envs/{family}/{file}")


def parse_named(data: Any, where: str) -> dict[str, NamedReward]:
    """Check a mapping of name -> {doc, formula | terms}; raises `ConfigError`."""
    if not isinstance(data, Mapping) or not all(isinstance(v, Mapping) for v in data.values()):
        raise ConfigError(
            f"A file of named rewards maps each name to a mapping with 'formula' or 'terms'. "
            f"Received {type(data).__name__} in {where}."
        )
    return {
        str(name): NamedReward(
            str(name),
            str(spec.get("doc", "")),
            {k: v for k, v in spec.items() if k != "doc"},
            f"{where}#{name}",
        )
        for name, spec in data.items()
    }


def resolve_reward(reward: Any, env_id: str) -> RewardStack:
    """A stack from what a user gave: the name of a ready-made reward, a YAML path, or a formula.

    `path.yaml#name` picks one reward of a file that holds several.

    Raises:
        RewardsmithError: with the env's ready-made rewards among the near misses.
    """
    if not isinstance(reward, str | Path):
        return RewardStack.parse(reward)
    text = str(reward)
    entry = find_entry(env_id)
    known = named_rewards(entry) if entry else {}
    if text in known:
        return known[text].stack()
    path, _, name = text.partition("#")
    if path.endswith((".yaml", ".yml")):
        return _from_file(Path(path), name)
    return RewardStack.parse(text)


def misspelt(reward: Any, env_id: str) -> ConfigError | None:
    """The error for a lone word that is near a ready-made reward's name; None for all else.

    A lone word is a feature if the env has it, so this is asked only once it was not found.
    """
    entry = find_entry(env_id)
    known = named_rewards(entry) if entry else {}
    if not isinstance(reward, str) or not reward.isidentifier():
        return None
    hint = near_misses(reward, known)
    if not hint:
        return None
    return ConfigError(
        f"{env_id} has no feature and no ready-made reward {reward!r}.{hint} "
        f"Its rewards: {', '.join(known)}."
    )


def _from_file(path: Path, name: str) -> RewardStack:
    if not name:
        return RewardStack.parse(path)
    try:
        data = yaml.safe_load(read_file(path))
    except (RecursionError, yaml.YAMLError) as error:
        why = why_unreadable(error, path)
        raise ConfigError(f"{path} must be a readable YAML file. Received: {why}.") from error
    if data is None:
        raise ConfigError(f"{path} has no reward {name!r}: the file is empty.")
    rewards = parse_named(data, str(path))
    if name not in rewards:
        raise ConfigError(
            f"{path} has no reward {name!r}.{near_misses(name, rewards)} "
            f"It has: {', '.join(rewards)}."
        )
    return rewards[name].stack()
