"""The registered environments of this folder; imports nothing heavy."""

from __future__ import annotations

from rewardsmith.catalog import EnvEntry

ENVS: tuple[EnvEntry, ...] = (
    EnvEntry(
        id="rewardsmith/Search-v0",
        family="text",
        factory="rewardsmith.envs.text.search.search_env:make_env",
        rewards="search/search.yaml",
        max_episode_steps=12,
        summary="Answer a question of several hops by searching generated documents",
    ),
)
