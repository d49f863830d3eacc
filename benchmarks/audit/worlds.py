"""Small worlds to inject faults into: random ones, and grids with a sparse reward for the goal."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rewardsmith.rewards.audit.table import Table
from rewardsmith.rewards.tabular import TabularMDP
from rewardsmith.transition import Bools, Floats

MOVES = ((0, 1), (1, 0), (0, -1), (-1, 0))


@dataclass(frozen=True)
class World:
    """A finite MDP.

    Args:
        dynamics: P(s' | s, a), shape (S, A, S).
        reward: R(s, a, s'), shape (S, A, S).
        terminal: shape (S,).
        start: shape (S,), the distribution of the first state.
        gamma: discount.
        distance: shape (S,), the least number of steps to the nearest end, at best luck.
    """

    dynamics: Floats
    reward: Floats
    terminal: Bools
    start: Floats
    gamma: float
    distance: Floats

    @property
    def edges(self) -> Bools:
        """Which (s, a, s') can happen, shape (S, A, S)."""
        found: Bools = (self.dynamics > 0) & ~self.terminal[:, None, None]
        return found

    def table(self, proxy: Floats, cut: Floats | None = None) -> Table:
        """What the audit is given."""
        return Table.dense(
            self.dynamics, self.reward, proxy, self.terminal, start=self.start, cut=cut
        )

    def shaping(self, phi: Floats, gamma: float | None = None, *, zeroed: bool = True) -> Floats:
        """gamma*Phi(s') - Phi(s), shape (S, 1, S)."""
        after = np.where(self.terminal, 0.0, phi) if zeroed else phi
        found: Floats = (self.gamma if gamma is None else gamma) * after - phi[:, None, None]
        return found


def world(seed: int) -> World:
    """Even seeds: a random MDP; odd ones: a grid."""
    return grid(seed) if seed % 2 else random(seed)


def random(seed: int) -> World:
    """10 states of which 2 are ends, 3 actions of 3 outcomes, Gaussian rewards, gamma .95."""
    mdp = TabularMDP.random(seed, states=10)
    start = ~mdp.terminal / (~mdp.terminal).sum()
    distance = steps_to(mdp.dynamics, mdp.terminal)
    return World(mdp.dynamics, mdp.reward, mdp.terminal, start, mdp.gamma, distance)


def grid(seed: int) -> World:
    """3x3 to 4x4 cells, four moves, a goal that pays 1 and a pit that pays 0, gamma .9 or .95."""
    rng = np.random.default_rng(seed)
    wide, high = (int(x) for x in rng.integers(3, 5, size=2))
    cells, n = [(x, y) for x in range(wide) for y in range(high)], wide * high
    dynamics = np.zeros((n, 4, n))
    for s, (x, y) in enumerate(cells):
        for a, (right, up) in enumerate(MOVES):
            reached = (x + right, y + up)
            dynamics[s, a, cells.index(reached) if reached in cells else s] = 1.0
    start, goal, pit = rng.choice(n, size=3, replace=False)
    terminal = np.isin(np.arange(n), (goal, pit))
    reward = np.zeros((n, 4, n))
    reward[:, :, goal] = 1.0
    first = np.eye(n)[start]
    gamma = float(rng.choice([0.9, 0.95]))
    return World(dynamics, reward, terminal, first, gamma, steps_to(dynamics, terminal))


def steps_to(dynamics: Floats, ends: Bools) -> Floats:
    """Least number of steps to an end, shape (S,); S where there is no way."""
    linked = dynamics.max(axis=1) > 0
    distance = np.where(ends, 0.0, float(len(ends)))
    for _ in range(len(ends)):
        distance = np.minimum(distance, 1 + np.where(linked, distance, np.inf).min(axis=1))
    return distance


def with_phases(base: World, phases: int = 3) -> World:
    """The world with a clock that turns: state (phase, s), for potentials that change in time."""
    n, actions, _ = base.dynamics.shape
    dynamics = np.zeros((phases, n, actions, phases, n))
    for phase in range(phases):
        dynamics[phase, :, :, (phase + 1) % phases] = base.dynamics
    size = phases * n
    reward = np.broadcast_to(base.reward[None, :, :, None], dynamics.shape)
    return replace(
        base,
        dynamics=dynamics.reshape(size, actions, size),
        reward=reward.reshape(size, actions, size).copy(),
        terminal=np.tile(base.terminal, phases),
        start=np.concatenate([base.start, np.zeros(size - n)]),
        distance=np.tile(base.distance, phases),
    )
