"""One file per signal: what a reward measures."""

from rewardsmith.rewards import (
    consistency,
    intrinsic,
    judge,
    likelihood,
    normalize,
    redistribution,
    verifiable,
)
from rewardsmith.rewards.env import EnvReward
from rewardsmith.rewards.gates import Outcome, Tiers, Times, When
from rewardsmith.rewards.potential import Potential
from rewardsmith.rewards.progress import Progress
from rewardsmith.rewards.step_cost import StepCost
from rewardsmith.rewards.tolerance import Tolerance
from rewardsmith.rewards.transforms import Clip, Normalize, Scale, Tanh
from rewardsmith.rewards.value import Value

__all__ = [
    "Clip",
    "EnvReward",
    "Normalize",
    "Outcome",
    "Potential",
    "Progress",
    "Scale",
    "StepCost",
    "Tanh",
    "Tiers",
    "Times",
    "Tolerance",
    "Value",
    "When",
    "consistency",
    "intrinsic",
    "judge",
    "likelihood",
    "normalize",
    "redistribution",
    "verifiable",
]
