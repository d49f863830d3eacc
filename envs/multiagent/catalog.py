"""The multiagent family's environments; read at `import rewardsmith`, so nothing heavy here.

They are PettingZoo parallel envs: `rewardsmith.make` builds them, `gym.make` cannot.
"""

from __future__ import annotations

from rewardsmith.catalog import EnvEntry

ENVS: tuple[EnvEntry, ...] = (
    EnvEntry(
        id="rewardsmith/SimpleSpread-v0",
        family="multiagent",
        factory="rewardsmith.envs.multiagent.simple_spread:SimpleSpread",
        rewards="simple_spread.yaml",
        summary="three agents cover three landmarks; success: all covered, now",
        kwargs={"N": 3, "max_cycles": 25},
        extra="multiagent",
    ),
)
