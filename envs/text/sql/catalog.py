"""The registered environments of this folder; imports nothing heavy."""

from __future__ import annotations

from rewardsmith.catalog import EnvEntry

_FACTORY = "rewardsmith.envs.text.sql.sql_env:make_env"

ENVS: tuple[EnvEntry, ...] = (
    EnvEntry(
        id="rewardsmith/TextToSQL-v0",
        family="text",
        factory=_FACTORY,
        rewards="sql/sql.yaml",
        max_episode_steps=10,
        summary="Answer questions about a generated SQLite database in SQL",
    ),
    EnvEntry(
        id="rewardsmith/TextToSQL-Easy-v0",
        family="text",
        factory=_FACTORY,
        kwargs={"easy": True},
        rewards="sql/sql.yaml",
        max_episode_steps=6,
        summary="The same with four queries to choose from",
    ),
)
