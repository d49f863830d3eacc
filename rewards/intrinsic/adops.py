"""Action-dependent optimality-preserving shaping: curiosity may not change what is best."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rewardsmith import checks
from rewardsmith.errors import PlaceError
from rewardsmith.registry import register_term
from rewardsmith.rewards.transforms import Transform
from rewardsmith.term import Guarantee, final_rows
from rewardsmith.transition import Floats, Transition

#: observations (N, ...) -> the task's and the intrinsic value of each, both of shape (N,)
Critic = Callable[[Any], tuple[Floats, Floats]]


@register_term("adops")
class ADOPS(Transform):
    """Pays the child, bounded so that it cannot make a worse action look better.

    Forbes et al. 2025 (arXiv 2505.12611): with the task's Q_E = r + gamma V_E(s') and
    room = V_I(s) - gamma_I V_I(s'), an action with Q_E >= V_E(s) - epsilon is paid
    max(F, room), any other min(F, room + V_E(s) - Q_E - epsilon). So Q_E + F' + gamma_I V_I(s')
    reaches V_E + V_I just where Q_E reaches V_E. Unlike a potential it may depend on the action.

    It is as good as its critics: while they are wrong, or where one sample stands for the
    expectation over s', it bounds wrongly; hence `asymptotic`. V_E must be the value of the env's
    own reward, so the reward has no other terms but potentials of a small scale.

    In the paper it is max(F, room + V_E - Q_E) where Q_E >= V_E: a good action keeps its rank, but
    may lose its advantage, which with one sample of s' would punish luck. `keep_advantage=False`
    pays that; for values of the optimal policy, where no Q_E is above V_E, both are the same. The
    other case is the paper's.

    The learner's critics are needed, one for each stream: `two_streams` attaches its own, any
    other learner calls `attach`.

    Args:
        child: an intrinsic term of scope `step`.
        epsilon: values that differ by no more count as equal; a worse action stays that much worse.
        keep_advantage: whether an action better than V_E keeps what it is better by.
    """

    guarantee = Guarantee.ASYMPTOTIC

    def __init__(self, child: Any, *, epsilon: float = 1e-6, keep_advantage: bool = True) -> None:
        super().__init__(child)
        self.keep_advantage = checks.truth("keep_advantage of adops", keep_advantage)
        self.epsilon = checks.number("epsilon of adops", epsilon, least=0, write="epsilon=1e-6")
        self.carries_env = False
        self._critic: Critic | None = None
        self._gamma, self._weight = 1.0, 1.0

    def attach(self, critic: Critic, *, gamma: float, weight: float = 1.0) -> None:
        """Say who values states.

        Args:
            critic: observations to (V_E, V_I), each of shape (N,).
            gamma: discount of the intrinsic stream.
            weight: of this term in its reward; V_I is of the weighted pay.
        """
        self._critic, self._gamma, self._weight = critic, gamma, weight

    def step(self, transition: Transition) -> Floats:
        """The child's values, bounded."""
        return self._bounded(self.child.step(transition), transition)

    def relabel(self, transition: Transition) -> Floats:
        """The child's values of stored transitions, bounded by the critics of now."""
        return self._bounded(self.child.relabel(transition), transition)

    def finish(self, transition: Transition) -> Floats:
        """The child's values over an episode, bounded."""
        return self._bounded(self.child.finish(transition), transition)

    def _bounded(self, values: Floats, transition: Transition) -> Floats:
        if self._weight == 0.0:
            return values
        task, own = self._valued(transition.obs)
        task_next, own_next = self._valued(transition.next_obs)
        ended = final_rows(transition, self.binding.learner)
        task_next, own_next = np.where(ended, 0.0, task_next), np.where(ended, 0.0, own_next)
        loss = task - (transition.env_reward + self.binding.learner.gamma * task_next)
        room = own - self._gamma * own_next
        paid = self._weight * values
        worse = np.minimum(paid, room + loss - self.epsilon)
        floor = room if self.keep_advantage else room + np.minimum(loss, 0.0)
        bounded = np.where(loss <= self.epsilon, np.maximum(paid, floor), worse)
        found: Floats = bounded / self._weight
        return found

    def _valued(self, obs: Any) -> tuple[Floats, Floats]:
        if self._critic is None:
            raise PlaceError(
                "adops holds its child between bounds that come from critics: what a learner "
                "expects of each state, of the task and of curiosity. Received no critic, as in "
                "an audit or any place where nobody learns values. Train with two_streams, which "
                "attaches its own; or, in Python, call attach(critic, gamma=...) on the term in "
                "the wrapped env's stack (an audit takes a function that wraps the env so); or "
                "look at its child without adops."
            )
        return self._critic(obs)
