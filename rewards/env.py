"""The environment's own reward."""

from __future__ import annotations

from rewardsmith.language.inference import Givens, Interval
from rewardsmith.registry import register_term
from rewardsmith.term import Guarantee, Learner, RewardTerm
from rewardsmith.transition import Floats, Transition


@register_term("env")
class EnvReward(RewardTerm):
    """R(s_t, a_t, s_{t+1}) as the environment gives it, shape (N,)."""

    usage = "env"
    guarantee = Guarantee.INVARIANT
    carries_env = True

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """The range of the environment's reward, if it is given."""
        return None if givens.reward is None else Interval(*givens.reward)

    def relabel(self, transition: Transition) -> Floats:
        """The stored environment reward."""
        return transition.env_reward
