"""PPO with two value heads and two discounts: one for the task, one for curiosity."""

from rewardsmith.agents.classic.two_streams.buffers import (
    TwoStreamDictRolloutBuffer,
    TwoStreamRolloutBuffer,
)
from rewardsmith.agents.classic.two_streams.policies import (
    TwoHeadCnnPolicy,
    TwoHeadMultiInputPolicy,
    TwoHeadPolicy,
)
from rewardsmith.agents.classic.two_streams.ppo import TwoStreamPPO

__all__ = [
    "TwoHeadCnnPolicy",
    "TwoHeadMultiInputPolicy",
    "TwoHeadPolicy",
    "TwoStreamDictRolloutBuffer",
    "TwoStreamPPO",
    "TwoStreamRolloutBuffer",
]
