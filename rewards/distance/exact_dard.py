"""DARD between two tabular rewards, exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rewardsmith.rewards.distance.checks import (
    check_distribution,
    check_dynamics,
    check_gamma,
    check_tables,
    check_terminal,
)
from rewardsmith.rewards.distance.exact_epic import live
from rewardsmith.rewards.distance.result import (
    ROUNDING,
    RewardDistance,
    form_of,
    pearson_distance,
    size_of,
)
from rewardsmith.transition import Bools, Floats

OFF_SUPPORT = "The third term reads R(S', A, S'') for an S'' that may not follow S'."


def dard(
    reward_a: ArrayLike,
    reward_b: ArrayLike,
    *,
    dynamics: ArrayLike,
    gamma: float,
    action_distribution: ArrayLike | None = None,
    terminal: ArrayLike | None = None,
    coverage: ArrayLike | None = None,
) -> RewardDistance:
    """Dynamics-Aware Reward Distance, Wulfe et al. 2022 (arXiv 2201.10081).

    C(R)(s, a, s') = R(s, a, s') + E[gamma R(s', A, S'') - R(s, A, S') - gamma R(S', A, S'')]
    with S' ~ P(s, A) and S'' ~ P(s', A) (Equation 3), then Pearson's distance as in EPIC.

    With `terminal`, terminal states are absorbing and pay nothing among themselves. The last
    term still reads R(terminal, A, S''), which no episode pays: shaping is at distance 0
    only if it is written there too, as gamma Phi(S'') - 0. A table with zeros in those rows is
    at a distance from itself with shaping; `starc` has no such term.

    Args:
        reward_a, reward_b: R(s, a, s'), shape (S, A, S).
        dynamics: P(s' | s, a), shape (S, A, S).
        gamma: discount in [0, 1].
        action_distribution: of A, shape (A,); uniform if None.
        terminal: bool of shape (S,); None if episodes never end.
        coverage: distribution over (s, a, s'), shape (S, A, S); if None, s uniform, a from
            `action_distribution` and s' from the dynamics, so that only possible transitions
            are compared.

    Raises:
        ConfigError: shapes that do not match, NaN, rows that do not sum to 1.
    """
    a, b = check_tables(reward_a, reward_b)
    gamma = check_gamma(gamma)
    ends = check_terminal(terminal, a.shape[0])
    moves = absorbing(check_dynamics(dynamics, a.shape, ends), ends)
    over_a = check_distribution("action_distribution", action_distribution, a.shape[1:2])
    if coverage is None:
        weights = live(moves * over_a[:, None] / len(ends), ends)
    else:
        weights = live(check_distribution("coverage", coverage, a.shape), ends)
    first, second = (
        form_of(lambda x: dard_canonical(x, moves, gamma, over_a, ends), r) for r in (a, b)
    )
    value = pearson_distance(
        first.ravel(), second.ravel(), weights.ravel(), (size_of(a), size_of(b)), ROUNDING
    )
    n = int((weights > 0).sum())
    return RewardDistance(value, 1.0, "DARD", n, None, (first, second), (OFF_SUPPORT,))


def absorbing(dynamics: Floats, ends: Bools) -> Floats:
    """The dynamics with every terminal state leading to itself."""
    moves = dynamics.copy()
    moves[ends] = 0.0
    moves[ends, :, ends] = 1.0
    return moves


def dard_canonical(
    reward: Floats, moves: Floats, gamma: float, over_a: Floats, ends: Bools
) -> Floats:
    """The canonical reward, shape (S, A, S); rows from terminal states are 0."""
    reward = reward.copy()
    reward[np.ix_(ends, np.ones(len(over_a), dtype=bool), ends)] = 0.0
    mean = np.einsum("sat,sat,a->s", moves, reward, over_a)
    # E[R(S', A, S'')] for each (s, s'): one A draws both S' ~ P(s, A) and S'' ~ P(s', A).
    across = np.zeros((len(mean), len(mean)))
    for action, chance in enumerate(over_a):
        step = moves[:, action]
        across += chance * (step @ reward[:, action] @ step.T)
    canonical: Floats = reward + gamma * mean - mean[:, None, None] - gamma * across[:, None, :]
    canonical[ends] = 0.0
    return canonical
