"""The registered web pages; imports nothing heavy."""

from __future__ import annotations

from rewardsmith.catalog import EnvEntry

ENVS: tuple[EnvEntry, ...] = (
    EnvEntry(
        id="rewardsmith/miniwob-click-test-2-v0",
        family="gui",
        factory="rewardsmith.envs.gui.miniwob_env:make_env",
        kwargs={"task": "click-test-2"},
        rewards="click.yaml",
        max_episode_steps=10,
        summary="Click the one of two buttons that the instruction names (MiniWoB++)",
        extra="gui",
    ),
)
