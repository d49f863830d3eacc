"""The registered environments of this folder; imports nothing heavy."""

from __future__ import annotations

from rewardsmith.catalog import EnvEntry

_FACTORY = "rewardsmith.envs.text.textworld_games.textworld_env:make_env"

ENVS: tuple[EnvEntry, ...] = (
    EnvEntry(
        id="rewardsmith/TextWorld-Coin-v0",
        family="text",
        factory=_FACTORY,
        kwargs={"level": 5},
        rewards="textworld_games/coin.yaml",
        max_episode_steps=50,
        summary="Walk through a chain of rooms and take the coin (TextWorld coin collector)",
        extra="text",
    ),
)
