"""A 5x5 grid with two terminal corners, as arrays, and loops that evaluate the formulas."""

import numpy as np
import pytest

from rewardsmith.rewards.distance import States
from rewardsmith.transition import Transition

SIDE, GAMMA = 5, 0.95
MOVES = ((-1, 0), (1, 0), (0, -1), (0, 1))


class Grid:
    """Moves succeed with probability .8, else one of the four directions is drawn."""

    gamma = GAMMA

    def __init__(self) -> None:
        self.states, self.actions = SIDE * SIDE, 4
        self.terminal = np.zeros(self.states, dtype=bool)
        self.terminal[[4, 20]] = True  # goal and pit
        self.dynamics = np.zeros((self.states, 4, self.states))
        for s in range(self.states):
            ends = [self._to(s, move) for move in MOVES]
            for a in range(4):
                for b, after in enumerate(ends):
                    self.dynamics[s, a, after] += 0.05 + (0.8 if a == b else 0.0)
        after = np.broadcast_to(np.arange(self.states), self.dynamics.shape)
        self.reward = (after == 4) * 1.0 - (after == 20) * 1.0 - 0.01
        to_goal = np.array([abs(s // SIDE - 0) + abs(s % SIDE - 4) for s in range(25)])
        self.phi = np.where(self.terminal, 0.0, -to_goal / 8.0 + 0.3)

    def _to(self, s, move):
        row, column = s // SIDE + move[0], s % SIDE + move[1]
        inside = 0 <= row < SIDE and 0 <= column < SIDE
        return row * SIDE + column if inside else s

    def shaping(self, phi=None, gamma=GAMMA):
        phi = self.phi if phi is None else phi
        values = gamma * phi - phi[:, None, None]
        return np.broadcast_to(values, self.dynamics.shape).copy()

    def redistributed(self, seed=0):
        """The reward with noise of mean 0 over the successors of each (s, a)."""
        noise = np.random.default_rng(seed).normal(size=self.dynamics.shape)
        mean = (noise * self.dynamics).sum(axis=2, keepdims=True)
        return self.reward + noise - mean


@pytest.fixture(scope="session")
def grid():
    return Grid()


@pytest.fixture
def random_mdp():
    """Draw (dynamics, reward_a, reward_b, phi) of 5 states and 3 actions."""

    def draw(seed):
        rng = np.random.default_rng(seed)
        dynamics = rng.dirichlet(np.ones(5), size=(5, 3))
        a, b = rng.normal(size=(2, 5, 3, 5))
        return dynamics, a, b, rng.normal(size=5)

    return draw


@pytest.fixture
def drawn(grid):
    """Draw N transitions of the grid: s' anything, or from the dynamics if `possible`."""

    def draw(n, seed=0, *, possible=False):
        rng = np.random.default_rng(seed)
        s = rng.choice(np.flatnonzero(~grid.terminal), n)
        a = rng.integers(4, size=n)
        after = step(grid, s, a, rng) if possible else rng.integers(grid.states, size=n)
        return Transition(
            obs=s, action=a, next_obs=after, env_reward=np.zeros(n),
            terminated=grid.terminal[after], truncated=np.zeros(n, dtype=bool),
            features={"phi": grid.phi[s]}, next_features={"phi": grid.phi[after]},
        )  # fmt: skip

    return draw


def step(grid, s, a, rng):
    """One next state for each pair, by inverting the cumulative distribution."""
    return (grid.dynamics[s, a].cumsum(axis=1) < rng.random((len(s), 1))).sum(axis=1)


@pytest.fixture
def model(grid):
    """The grid's dynamics as a transition model."""

    def draws(states, action, rng):
        after = step(grid, states.obs, action, rng)
        return States(after, {"phi": grid.phi[after]}, grid.terminal[after])

    return draws


@pytest.fixture
def looked_up():
    """Turn an array R(s, a, s') into a function of a batch."""

    def function(table):
        return lambda batch: table[batch.obs, batch.action, batch.next_obs]

    return function
