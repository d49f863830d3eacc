"""How far apart two rewards are, up to what does not change the order of policies."""

from rewardsmith.rewards.distance.alignment import (
    Alignment,
    ranked_pairs,
    trajectory_alignment,
)
from rewardsmith.rewards.distance.correlation import (
    Correlation,
    Hacking,
    proxy_correlation,
    reward_hacking,
)
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
    "Alignment",
    "Correlation",
    "EdgeList",
    "Edges",
    "Hacking",
    "RewardDistance",
    "Sampling",
    "States",
    "dard",
    "dard_sampled",
    "epic",
    "epic_sampled",
    "proxy_correlation",
    "ranked_pairs",
    "reward_hacking",
    "starc",
    "starc_sampled",
    "trajectory_alignment",
]
