"""How far apart two rewards are, up to what does not change the order of policies."""

from rewardsmith.rewards.distance.edges import EdgeList, Edges
from rewardsmith.rewards.distance.exact_dard import dard
from rewardsmith.rewards.distance.exact_epic import epic
from rewardsmith.rewards.distance.exact_starc import starc
from rewardsmith.rewards.distance.result import RewardDistance

__all__ = ["EdgeList", "Edges", "RewardDistance", "dard", "epic", "starc"]
