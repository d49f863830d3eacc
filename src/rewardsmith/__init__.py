"""Write a reward once and run it in every learner."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from rewardsmith.registration import register_envs

if TYPE_CHECKING:
    from rewardsmith.features import Feature, FeatureSchema
    from rewardsmith.named_rewards import resolve_reward
    from rewardsmith.registry import register_term
    from rewardsmith.stack import RewardOutput, RewardStack
    from rewardsmith.term import Binding, Guarantee, Learner, RewardTerm, Scope
    from rewardsmith.transition import Transition
    from rewardsmith.wrappers.make import make

__version__ = "0.1.0"

# Imported on first use, so that registering ids stays quick.
_LAZY = {
    "Binding": "rewardsmith.term",
    "Feature": "rewardsmith.features",
    "FeatureSchema": "rewardsmith.features",
    "Guarantee": "rewardsmith.term",
    "Learner": "rewardsmith.term",
    "RewardOutput": "rewardsmith.stack",
    "RewardStack": "rewardsmith.stack",
    "RewardTerm": "rewardsmith.term",
    "Scope": "rewardsmith.term",
    "Transition": "rewardsmith.transition",
    "make": "rewardsmith.wrappers.make",
    "register_term": "rewardsmith.registry",
    "resolve_reward": "rewardsmith.named_rewards",
}

__all__ = [
    "Binding",
    "Feature",
    "FeatureSchema",
    "Guarantee",
    "Learner",
    "RewardOutput",
    "RewardStack",
    "RewardTerm",
    "Scope",
    "Transition",
    "make",
    "register_term",
    "resolve_reward",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'rewardsmith' has no attribute {name!r}")


register_envs()
