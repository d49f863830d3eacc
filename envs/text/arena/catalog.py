"""The registered environments of this folder; imports nothing heavy."""

from __future__ import annotations

from rewardsmith.catalog import EnvEntry

ENVS: tuple[EnvEntry, ...] = (
    EnvEntry(
        id="rewardsmith/TextArena-v0",
        family="text",
        factory="rewardsmith.envs.text.arena.arena_env:make_env",
        kwargs={"game": "FrozenLake-v0"},
        rewards="arena/arena.yaml",
        max_episode_steps=200,
        summary="A game of TextArena, alone or against a random opponent",
        extra="arena",
    ),
)
