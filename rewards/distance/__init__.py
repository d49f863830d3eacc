"""How far apart two rewards are, up to what does not change the order of policies."""

from rewardsmith.rewards.distance.edges import EdgeList, Edges
from rewardsmith.rewards.distance.exact_dard import dard
from rewardsmith.rewards.distance.exact_epic import epic
from rewardsmith.rewards.distance.exact_starc import starc
from rewardsmith.rewards.distance.result import RewardDistance
from rewardsmith.rewards.distance.sampled_dard import dard_sampled
from rewardsmith.rewards.distance.sampled_epic import epic_sampled
from rewardsmith.rewards.distance.sampled_starc import starc_sampled
from rewardsmith.rewards.distance.sampling import Sampling, States

__all__ = [
    "EdgeList",
    "Edges",
    "RewardDistance",
    "Sampling",
    "States",
    "dard",
    "dard_sampled",
    "epic",
    "epic_sampled",
    "starc",
    "starc_sampled",
]
