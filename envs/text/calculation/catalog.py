"""The registered environments of this folder; imports nothing heavy."""

from __future__ import annotations

from rewardsmith.catalog import EnvEntry

_FACTORY = "rewardsmith.envs.text.calculation.calculation_env:make_env"
_REWARDS = "calculation/calculation.yaml"

ENVS: tuple[EnvEntry, ...] = (
    EnvEntry(
        id="rewardsmith/Calculation-v0",
        family="text",
        factory=_FACTORY,
        kwargs={"operators": "+-*/", "high": 30, "max_length": 6, "max_depth": 5},
        rewards=_REWARDS,
        max_episode_steps=16,
        summary="Work out an arithmetic expression step by step, then answer",
    ),
    EnvEntry(
        id="rewardsmith/Calculation-Easy-v0",
        family="text",
        factory=_FACTORY,
        kwargs={"operators": "+-", "high": 9, "max_length": 3, "max_depth": 2},
        rewards=_REWARDS,
        max_episode_steps=8,
        summary="Add and subtract two or three digits, for models of a few million parameters",
    ),
)
