"""The registered environments of this folder; imports nothing heavy."""

from __future__ import annotations

from rewardsmith.catalog import EnvEntry

_FACTORY = "rewardsmith.envs.text.nethack.nethack_env:make_env"

ENVS: tuple[EnvEntry, ...] = (
    EnvEntry(
        id="rewardsmith/MiniHack-v0",
        family="text",
        factory=_FACTORY,
        kwargs={"task": "MiniHack-Room-5x5-v0"},
        rewards="nethack/minihack.yaml",
        max_episode_steps=100,
        summary="One of MiniHack's small tasks, in words",
        extra="nethack",
    ),
    EnvEntry(
        id="rewardsmith/NetHack-v0",
        family="text",
        factory=_FACTORY,
        kwargs={"task": "NetHackScore-v0", "max_commands": 24},
        rewards="nethack/nethack.yaml",
        max_episode_steps=5000,
        summary="The whole game of NetHack, in words",
        extra="nethack",
    ),
)
