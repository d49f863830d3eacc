"""The registered environments of this folder; imports nothing heavy."""

from __future__ import annotations

from rewardsmith.catalog import EnvEntry

ENVS: tuple[EnvEntry, ...] = (
    EnvEntry(
        id="rewardsmith/Reasoning-v0",
        family="text",
        factory="rewardsmith.envs.text.reasoning.reasoning_env:make_env",
        kwargs={"dataset": "chain_sum"},
        rewards="reasoning/reasoning.yaml",
        max_episode_steps=10,
        summary="Answer a generated puzzle of any of reasoning-gym's 105 data sets",
        extra="reasoning",
    ),
)
