"""Exact solutions of small finite Markov decision processes, to hold claims against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rewardsmith.stack import RewardStack
from rewardsmith.transition import Bools, Floats, Ints, Transition


@dataclass(frozen=True)
class TabularMDP:
    """A finite MDP.

    Args:
        dynamics: P(s' | s, a), shape (S, A, S), rows sum to 1.
        reward: R(s, a, s'), shape (S, A, S).
        terminal: shape (S,); an episode ends on reaching such a state.
        gamma: discount in [0, 1).
        phi: one number per state, shape (S,), offered to rewards as the feature `phi`.
    """

    dynamics: Floats
    reward: Floats
    terminal: Bools
    gamma: float
    phi: Floats

    @classmethod
    def random(
        cls, seed: int, *, states: int = 12, actions: int = 3, branching: int = 3
    ) -> TabularMDP:
        """A random MDP: `branching` successors per action, two terminals, gamma .95."""
        rng = np.random.default_rng(seed)
        dynamics = np.zeros((states, actions, states))
        for s in range(states):
            for a in range(actions):
                reached = rng.choice(states, size=branching, replace=False)
                dynamics[s, a, reached] = rng.dirichlet(np.ones(branching))
        terminal = np.zeros(states, dtype=bool)
        terminal[rng.choice(states, size=2, replace=False)] = True
        reward = rng.normal(size=(states, actions, states))
        return cls(dynamics, reward, terminal, 0.95, rng.normal(size=states))

    def q_values(self, reward: Floats | None = None) -> Floats:
        """Optimal action values by policy iteration, shape (S, A); terminal rows are 0.

        Howard 1960; every evaluation is one exact linear solve.

        Args:
            reward: another R(s, a, s') in place of the MDP's own.
        """
        paid = (self.dynamics * (self.reward if reward is None else reward)).sum(axis=2)
        q = np.where(self.terminal[:, None], 0.0, paid)
        while True:
            values = self._values_of(q.argmax(axis=1), paid)
            improved = np.where(
                self.terminal[:, None], 0.0, paid + self.gamma * self.dynamics @ values
            )
            best = improved.max(axis=1)
            if np.all(best <= values + 1e-11):
                return improved
            q = improved

    def _values_of(self, policy: Ints, paid: Floats) -> Floats:
        states = np.arange(len(policy))
        moves = np.where(self.terminal[:, None], 0.0, self.dynamics[states, policy])
        gains = np.where(self.terminal, 0.0, paid[states, policy])
        values = np.linalg.solve(np.eye(len(policy)) - self.gamma * moves, gains)
        return values.astype(np.float64)

    def optimal_actions(self, reward: Floats | None = None, *, slack: float = 1e-8) -> Bools:
        """Which actions are optimal in each state, shape (S, A), ties within `slack`."""
        q = self.q_values(reward)
        best: Bools = q >= q.max(axis=1, keepdims=True) - slack
        return best

    def transitions(self) -> Transition:
        """Every (s, a, s') as one row, s' fastest; terminal successors are terminated."""
        n, m, _ = self.dynamics.shape
        s, a, after = (x.ravel() for x in np.indices((n, m, n)))
        ended = self.terminal[after]
        return Transition(
            obs=s,
            action=a,
            next_obs=after,
            env_reward=self.reward.ravel(),
            terminated=ended,
            truncated=np.zeros_like(ended),
            features={"phi": self.phi[s], "s": s.astype(float)},
            next_features={"phi": self.phi[after], "s": after.astype(float)},
            t=np.zeros(len(s), dtype=np.int64),
        )

    def reward_of(self, stack: RewardStack) -> Floats:
        """What a bound stack pays for every (s, a, s'), shape (S, A, S)."""
        return stack.relabel(self.transitions()).total.reshape(self.dynamics.shape)
