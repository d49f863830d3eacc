"""The environment's own reward."""

from __future__ import annotations

from rewardsmith.registry import register_term
from rewardsmith.term import Guarantee, RewardTerm
from rewardsmith.transition import Floats, Transition


@register_term("env")
class EnvReward(RewardTerm):
    """R(s_t, a_t, s_{t+1}) as the environment gives it, shape (N,)."""

    guarantee = Guarantee.INVARIANT
    carries_env = True

    def relabel(self, transition: Transition) -> Floats:
        """The stored environment reward."""
        return transition.env_reward
