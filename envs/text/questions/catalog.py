"""The registered environments of this folder; imports nothing heavy."""

from __future__ import annotations

from rewardsmith.catalog import EnvEntry

_FOLDER = "rewardsmith.envs.text.questions"
_REWARDS = "questions/questions.yaml"

ENVS: tuple[EnvEntry, ...] = (
    EnvEntry(
        id="rewardsmith/TwentyQuestions-v0",
        family="text",
        factory=f"{_FOLDER}.twenty:make_env",
        rewards=_REWARDS,
        max_episode_steps=21,
        summary="Find the thing that is meant by asking with yes and no, then guess",
    ),
    EnvEntry(
        id="rewardsmith/Clarification-v0",
        family="text",
        factory=f"{_FOLDER}.clarification:make_env",
        rewards=_REWARDS,
        max_episode_steps=12,
        summary="A request that may fit several things: ask back where needed, then decide",
    ),
)
