"""One file per place where a stack plugs in: how a reward reaches a learner."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rewardsmith.wrappers.gymnasium_env import RewardWrapper
    from rewardsmith.wrappers.pettingzoo_parallel import RewardParallelWrapper
    from rewardsmith.wrappers.sb3_learner import check_learner
    from rewardsmith.wrappers.sb3_replay_buffer import (
        RewardDictReplayBuffer,
        RewardHerReplayBuffer,
        RewardReplayBuffer,
    )
    from rewardsmith.wrappers.sb3_rollout_buffer import RewardDictRolloutBuffer, RewardRolloutBuffer
    from rewardsmith.wrappers.sb3_vec_env import RewardVecEnv
    from rewardsmith.wrappers.vector_env import RewardVectorWrapper

# Imported on first use: a Gymnasium user needs neither torch nor PettingZoo.
_LAZY = {
    "RewardDictReplayBuffer": "sb3_replay_buffer",
    "RewardDictRolloutBuffer": "sb3_rollout_buffer",
    "RewardHerReplayBuffer": "sb3_replay_buffer",
    "RewardParallelWrapper": "pettingzoo_parallel",
    "RewardReplayBuffer": "sb3_replay_buffer",
    "RewardRolloutBuffer": "sb3_rollout_buffer",
    "RewardVecEnv": "sb3_vec_env",
    "RewardVectorWrapper": "vector_env",
    "RewardWrapper": "gymnasium_env",
    "check_learner": "sb3_learner",
}

__all__ = [
    "RewardDictReplayBuffer",
    "RewardDictRolloutBuffer",
    "RewardHerReplayBuffer",
    "RewardParallelWrapper",
    "RewardReplayBuffer",
    "RewardRolloutBuffer",
    "RewardVecEnv",
    "RewardVectorWrapper",
    "RewardWrapper",
    "check_learner",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(f"rewardsmith.wrappers.{_LAZY[name]}"), name)
    raise AttributeError(f"module 'rewardsmith.wrappers' has no attribute {name!r}")
