import numpy as np

from rewardsmith import RewardTerm
from rewardsmith.transition import Transition


class Twice(RewardTerm):
    """Pays twice the environment's reward."""

    def relabel(self, transition):
        return 2 * transition.env_reward


def episode(*rewards):
    flags = np.zeros(len(rewards), bool)
    return Transition(None, None, None, np.array(rewards, float), flags, flags)


def test_a_term_that_knows_no_group_pays_each_episode_alone():
    paid = Twice().finish_group([episode(1, 2), episode(3)])
    assert [p.tolist() for p in paid] == [[2, 4], [6]]
    assert Twice().finish_group([]) == []
