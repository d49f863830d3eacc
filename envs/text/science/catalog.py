"""The registered environments of this folder; imports nothing heavy."""

from __future__ import annotations

from rewardsmith.catalog import EnvEntry

ENVS: tuple[EnvEntry, ...] = (
    EnvEntry(
        id="rewardsmith/ScienceWorld-v0",
        family="text",
        factory="rewardsmith.envs.text.science.science_env:make_env",
        kwargs={"task_name": "find-living-thing"},
        rewards="science/science.yaml",
        max_episode_steps=100,
        summary="Any of ScienceWorld's 30 experiments, in its 7,200 variations",
        extra="science",
    ),
)
