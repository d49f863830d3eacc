"""Terms that compare the episodes of one task with each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rewardsmith.errors import ConfigError
from rewardsmith.term import Guarantee, RewardTerm, Scope
from rewardsmith.transition import Floats, Transition


class GroupTerm(RewardTerm):
    """Base of terms of scope `group`: a subclass writes `finish_group`."""

    scope = Scope.GROUP
    guarantee = Guarantee.BIASED

    def step(self, transition: Transition) -> Floats:
        """Nothing yet."""
        return np.zeros(len(transition))

    def relabel(self, transition: Transition) -> Floats:
        """Single transitions do not tell what their group did."""
        raise ConfigError(
            f"{self.term_name} compares whole episodes of one task and cannot relabel single "
            "transitions. Use stack.finish_group(episodes), or train a language model "
            "(rewardsmith train ENV --agent llm)."
        )

    def finish(self, transition: Transition) -> Floats:
        """An episode without companions: a group of one."""
        return self.finish_group([transition])[0]

    def finish_group(self, episodes: Sequence[Transition]) -> list[Floats]:
        """What each row of each episode earns."""
        raise NotImplementedError(f"{type(self).__name__} must define finish_group(episodes)")


def at_the_end(episode: Transition, value: float) -> Floats:
    """Zeros of shape (T,), with `value` on the last row."""
    paid = np.zeros(len(episode))
    paid[-1:] = value
    return paid
