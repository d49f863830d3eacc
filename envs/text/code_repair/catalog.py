"""The registered environments of this folder; imports nothing heavy."""

from __future__ import annotations

from rewardsmith.catalog import EnvEntry

_FOLDER = "rewardsmith.envs.text.code_repair"

ENVS: tuple[EnvEntry, ...] = (
    EnvEntry(
        id="rewardsmith/CodeRepair-v0",
        family="text",
        factory=f"{_FOLDER}.code_repair_env:make_env",
        rewards="code_repair/repair.yaml",
        max_episode_steps=20,
        summary="Find and repair a bug in a small Python repository; tests run contained",
    ),
    EnvEntry(
        id="rewardsmith/CodeRepair-Easy-v0",
        family="text",
        factory=f"{_FOLDER}.easy:make_env",
        kwargs={"max_commands": 10},
        rewards="code_repair/repair.yaml",
        max_episode_steps=12,
        summary="The same with edits to choose from, one of them right",
    ),
)
