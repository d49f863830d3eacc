"""The dynamics as a list of edges (s, a) -> s', and value functions over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from scipy.sparse.linalg import splu

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.distance.checks import check_finite, check_rows
from rewardsmith.transition import Bools, Floats, Ints


class EdgeList(Protocol):
    """Anything that lists transitions as `Edges` does."""

    @property
    def s(self) -> Ints:
        """State of each edge, shape (E,)."""

    @property
    def a(self) -> Ints:
        """Its action."""

    @property
    def after(self) -> Ints:
        """Its next state."""

    @property
    def p(self) -> Floats:
        """P(s' | s, a)."""

    @property
    def states(self) -> int:
        """S."""

    @property
    def actions(self) -> int:
        """A."""


@dataclass(frozen=True)
class Edges:
    """The possible transitions of a finite MDP.

    Args:
        s, a, after: shape (E,), state, action and next state of each edge.
        p: shape (E,), P(s' | s, a); sums to 1 over the edges of one (s, a).
        states, actions: S and A.
    """

    s: Ints
    a: Ints
    after: Ints
    p: Floats
    states: int
    actions: int

    @classmethod
    def dense(cls, dynamics: Floats) -> Edges:
        """The transitions of P(s' | s, a), shape (S, A, S), that have a probability."""
        s, a, after = np.nonzero(dynamics)
        states, actions, _ = dynamics.shape
        return cls(s, a, after, dynamics[s, a, after], states, actions)


@dataclass(frozen=True)
class Graph:
    """Checked edges from states that are not terminal.

    Args:
        edges: the transitions.
        kept: index of each in the list that was given.
        ends: shape (S,), the terminal states.
        row: shape (E,), index of each edge's (s, a) among S*A.
        chance: shape (S, A), 1 where (s, a) has edges and the state is not terminal.
    """

    edges: Edges
    kept: Ints
    ends: Bools
    row: Ints
    chance: Floats

    @classmethod
    def of(cls, given: EdgeList, ends: Bools) -> Graph:
        """Check the edges and drop those from terminal states.

        Raises:
            ConfigError: lengths that do not match, an index out of range, probabilities of an
                (s, a) that do not sum to 1, a state without a way out that is not terminal.
        """
        _check_edges(given)
        kept = np.flatnonzero(~ends[given.s])
        edges = Edges(
            given.s[kept], given.a[kept], given.after[kept], check_finite("p", given.p)[kept],
            given.states, given.actions,
        )  # fmt: skip
        row = edges.s * edges.actions + edges.a
        size = edges.states * edges.actions
        sums = np.bincount(row, weights=edges.p, minlength=size).astype(np.float64)
        used = np.bincount(row, minlength=size) > 0
        check_rows("dynamics", sums[used], float(edges.p.min(initial=0.0)))
        chance = used.reshape(edges.states, edges.actions).astype(np.float64)
        stuck = np.flatnonzero((chance.sum(axis=1) == 0) & ~ends)
        if len(stuck):
            raise ConfigError(
                "Every state that is not terminal needs a transition out of it. Received none "
                f"from state {int(stuck[0])} ({len(stuck)} such states). Mark it terminal, or "
                "give its transitions."
            )
        return cls(edges, kept, ends, row, chance)

    def expected(self, values: Floats) -> Floats:
        """E over s' of one number per edge, shape (S, A)."""
        size = self.chance.size
        sums = np.bincount(self.row, weights=self.edges.p * values, minlength=size)
        return sums.astype(np.float64).reshape(self.chance.shape)

    def moves(self) -> sparse.csr_matrix:
        """P(s' | s, a) into states that are not terminal, shape (S*A, S)."""
        goes_on = np.where(self.ends[self.edges.after], 0.0, self.edges.p)
        shape = (self.chance.size, self.edges.states)
        return sparse.csr_matrix((goes_on, (self.row, self.edges.after)), shape=shape)

    def policy(self, given: ArrayLike | None) -> Floats:
        """Chance of each action, shape (S, A); uniform over the possible ones if None.

        Raises:
            ConfigError: another shape, or a row that is not a distribution over them.
        """
        if given is None:
            counts = self.chance.sum(axis=1, keepdims=True)
            even: Floats = self.chance / np.maximum(counts, 1.0)
            return even
        policy = check_finite("policy", given)
        if policy.shape != self.chance.shape:
            raise ConfigError(
                f"policy is pi(a | s), shape {self.chance.shape}. Received shape {policy.shape}."
            )
        policy = policy * self.chance
        check_rows("policy (over possible actions)", policy[~self.ends].sum(axis=1), policy.min())
        return policy

    def values(self, paid: Floats, policy: Floats, gamma: float) -> Floats:
        """V of the policy under expected rewards `paid` (S, A); 0 at terminal states, (S,)."""
        states, actions = self.chance.shape
        rows, columns = np.repeat(np.arange(states), actions), np.arange(self.chance.size)
        choose = sparse.csr_matrix((policy.ravel(), (rows, columns)))
        system = sparse.identity(states) - gamma * (choose @ self.moves())
        solved = splu(sparse.csc_matrix(system)).solve((policy * paid).sum(axis=1))
        return np.asarray(solved, dtype=np.float64)


def edge_list(dynamics: object) -> EdgeList | None:
    """The dynamics if they list edges, None if they are an array."""
    return cast(EdgeList, dynamics) if hasattr(dynamics, "after") else None


def _check_edges(given: EdgeList) -> None:
    lengths = {name: len(getattr(given, name)) for name in ("s", "a", "after", "p")}
    if len(set(lengths.values())) > 1:
        raise ConfigError(f"Edges have one s, a, after and p each. Received lengths {lengths}.")
    limits = {"s": given.states, "a": given.actions, "after": given.states}
    for name, limit in limits.items():
        index = np.asarray(getattr(given, name))
        if len(index) and (index.min() < 0 or index.max() >= limit):
            raise ConfigError(
                f"The edges' {name} must lie in 0..{limit - 1}. Received "
                f"{int(index.min())}..{int(index.max())}."
            )
