"""The registered environments of this folder; imports nothing heavy."""

from __future__ import annotations

from typing import Any

from rewardsmith.catalog import EnvEntry


def _entry(name: str, summary: str, **kwargs: Any) -> EnvEntry:
    return EnvEntry(
        id=f"rewardsmith/{name}-v0",
        family="text",
        factory="rewardsmith.envs.text.household.household_env:make_env",
        kwargs={"max_commands": 96, **kwargs},
        rewards="household/household.yaml",
        max_episode_steps=50,
        summary=summary,
        extra="household",
    )


ENVS: tuple[EnvEntry, ...] = (
    _entry("Household", "Find, clean, heat, cool, place or examine things in a room (ALFWorld)"),
    _entry(
        "Household-Easy",
        "Put one thing into one place, in a room with little in it (ALFWorld)",
        chore="pick",
        copies=1,
        clutter=2,
    ),
)
