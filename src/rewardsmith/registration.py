"""The environments that ship with us: their catalogs, and their ids in Gymnasium."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache
from typing import Any

import gymnasium

from rewardsmith.catalog import EnvEntry
from rewardsmith.errors import unknown_name

FAMILIES = ("grid", "control", "text", "gui", "robotic", "multiagent", "fixtures")


@cache
def catalog() -> dict[str, EnvEntry]:
    """All entries by id, in the order of the families."""
    entries: dict[str, EnvEntry] = {}
    for family in FAMILIES:
        module = importlib.import_module(f"rewardsmith.envs.{family}.catalog")
        entries.update((entry.id, entry) for entry in module.ENVS)
    return entries


def find_entry(env_id: str) -> EnvEntry | None:
    """Our entry for an id, or None if the id is a stranger's; `rewardsmith/` may be left out."""
    name = env_id.removeprefix("rewardsmith:")
    return catalog().get(name) or catalog().get(f"rewardsmith/{name}")


def check_known(env_id: str) -> None:
    """Raise `UnknownNameError` with near misses unless Gymnasium or we know the id."""
    if find_entry(env_id) is None and env_id not in gymnasium.registry and ":" not in env_id:
        raise unknown_name("environment", env_id, [*catalog(), *gymnasium.registry])


def build_bare(entry: EnvEntry, render_mode: str | None = None, **kwargs: Any) -> Any:
    """Build an entry's environment as its factory gives it: no time limit, no reward."""
    module, _, name = entry.factory.partition(":")
    factory: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return factory(render_mode=render_mode, **{**entry.kwargs, **kwargs})


def register_envs() -> None:
    """Register every id with Gymnasium, by string entry point: nothing heavy is imported.

    PettingZoo games have no place in Gymnasium's registry; `rewardsmith.make` builds them.
    """
    for entry in catalog().values():
        if entry.family != "multiagent" and entry.id not in gymnasium.registry:
            # Gymnasium's own outer wrappers hide the compute_reward that goal-based learners
            # call; robots are goal-based, so they go without.
            goals = entry.family == "robotic"
            gymnasium.register(
                id=entry.id,
                entry_point="rewardsmith.wrappers.make:entry_point",
                kwargs={"env_id": entry.id},
                order_enforce=not goals,
                disable_env_checker=goals,
            )
