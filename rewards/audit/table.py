"""A finite MDP as a sparse list of edges, with the env's own reward and the audited one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from rewardsmith.transition import Bools, Floats, Ints


@dataclass(frozen=True)
class Table:
    """S states, A actions and E edges (s, a) -> s', each with its probability.

    Args:
        actions: A.
        s, a, after: shape (E,), the two ends of each edge and its action.
        p: shape (E,); sums to 1 over the edges of one (s, a).
        reward: shape (E,), the env's own R(s, a, s').
        proxy: shape (E,), the audited reward of the same edge.
        terminal: shape (S,); an episode ends on reaching such a state.
        start: shape (S,), the distribution of the first state.
        cut: shape (E,), the audited reward where a time limit ends the episode on that edge;
            None if it was not looked at.
        success: shape (S,), where the task counts as solved; None if the env does not say.
        features: name -> (S, ...), the state's features.
        parent: shape (S, 2), the state and action that found each state; -1 at a start.
        seed: shape (S,), the seed of the episode that found each state.
        notes: what the reader of a verdict must know of how the table was made.
    """

    actions: int
    s: Ints
    a: Ints
    after: Ints
    p: Floats
    reward: Floats
    proxy: Floats
    terminal: Bools
    start: Floats
    cut: Floats | None = None
    success: Bools | None = None
    features: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    parent: Ints | None = None
    seed: Ints | None = None
    notes: tuple[str, ...] = ()

    @property
    def states(self) -> int:
        """S, terminal states included."""
        return len(self.terminal)

    @property
    def row(self) -> Ints:
        """Index of each edge's (s, a) among S*A rows."""
        return self.s * self.actions + self.a

    def expected(self, values: Floats) -> Floats:
        """E over s' of a number per edge, shape (S, A); terminal rows are 0."""
        size = self.states * self.actions
        weights = np.asarray(self.p * values, dtype=np.float64)
        sums: Floats = np.bincount(self.row, weights=weights, minlength=size).astype(np.float64)
        return sums.reshape(self.states, self.actions)

    def moves(self, weights: Floats | None = None) -> sparse.csr_matrix:
        """P(s' | s, a) as a sparse (S*A, S) matrix, terminal successors included.

        Args:
            weights: shape (E,), multiplied into the probabilities.
        """
        shape = (self.states * self.actions, self.states)
        p = self.p if weights is None else self.p * weights
        return sparse.csr_matrix((p, (self.row, self.after)), shape=shape)

    def with_proxy(self, proxy: Floats, cut: Floats | None = None) -> Table:
        """The same MDP under another audited reward."""
        return replace(self, proxy=np.asarray(proxy, float), cut=cut)

    @classmethod
    def dense(
        cls,
        dynamics: Floats,
        reward: Floats,
        proxy: Floats,
        terminal: Bools,
        start: Floats | None = None,
        cut: Floats | None = None,
    ) -> Table:
        """From arrays of shape (S, A, S'); rows of terminal states are left out.

        Args:
            dynamics: P(s' | s, a).
            reward, proxy, cut: a number per (s, a, s').
            terminal: shape (S,).
            start: shape (S,); uniform over the other states if None.
        """
        actions = dynamics.shape[1]
        s, a, after = np.nonzero(dynamics * ~terminal[:, None, None])
        first = (~terminal / (~terminal).sum()) if start is None else start
        take = (s, a, after)
        return cls(
            actions, s, a, after, dynamics[take], reward[take], proxy[take], terminal, first,
            None if cut is None else cut[take],
        )  # fmt: skip
