"""The registered environments of this folder; imports nothing heavy."""

from __future__ import annotations

from rewardsmith.catalog import EnvEntry

ENVS: tuple[EnvEntry, ...] = (
    EnvEntry(
        id="rewardsmith/ToolCalling-v0",
        family="text",
        factory="rewardsmith.envs.text.tool_calling.tool_env:make_env",
        rewards="tool_calling/tool_calling.yaml",
        max_episode_steps=16,
        summary="Reach goals in a small simulated world by calling typed tools in JSON",
    ),
)
