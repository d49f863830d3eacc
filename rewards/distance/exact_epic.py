"""EPIC between two tabular rewards, exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.distance.checks import (
    check_distribution,
    check_gamma,
    check_tables,
    check_terminal,
)
from rewardsmith.rewards.distance.result import (
    ROUNDING,
    RewardDistance,
    form_of,
    pearson_distance,
    size_of,
)
from rewardsmith.transition import Bools, Floats

CONTINUING = "Episodes are taken never to end, as in the paper: a constant reward weighs nothing."


def epic(
    reward_a: ArrayLike,
    reward_b: ArrayLike,
    *,
    gamma: float,
    state_distribution: ArrayLike | None = None,
    action_distribution: ArrayLike | None = None,
    terminal: ArrayLike | None = None,
    coverage: ArrayLike | None = None,
) -> RewardDistance:
    """Equivalent-Policy Invariant Comparison, Gleave et al. 2021 (arXiv 2006.13900).

    C(R)(s, a, s') = R(s, a, s') + E[gamma R(s', A, S') - R(s, A, S') - gamma R(S, A, S')]
    (Definition 4.1), then D = sqrt((1 - rho) / 2) with Pearson's rho over the coverage.
    It is 0 for a positive multiple with potential shaping and 1 for R
    against -R. It knows no dynamics: it reads transitions that cannot happen, and a reward
    moved between successors of the same (s, a) is far away.

    With `terminal`, V(terminal) is 0 and C(R) = R + gamma V(s') - V(s), where V is the value in
    the process that C(R) stands for (actions and next states drawn from the two
    distributions), ended at terminal states. Without terminal states it is Definition 4.1.
    Shaping whose potential is 0 at terminals is at distance 0, and shaping that forgets that
    is not; nor is a bonus for staying alive.

    Args:
        reward_a, reward_b: R(s, a, s'), shape (S, A, S).
        gamma: discount in [0, 1].
        state_distribution: of S and S', shape (S,); uniform if None.
        action_distribution: of A, shape (A,); uniform if None.
        terminal: bool of shape (S,), where episodes end; None if they never do.
        coverage: distribution over (s, a, s') for rho, shape (S, A, S); the product of the
            other two if None. Rows from terminal states are left out.

    Raises:
        ConfigError: shapes that do not match, NaN, a distribution that does not sum to 1.

    >>> import numpy as np
    >>> r = np.random.default_rng(0).normal(size=(4, 2, 4))
    >>> phi = np.array([3.0, -1.0, 0.5, 2.0])
    >>> round(epic(r, 2 * r + 0.9 * phi - phi[:, None, None], gamma=0.9).distance, 6)
    0.0
    >>> round(epic(r, -r, gamma=0.9).distance, 6)
    1.0
    """
    a, b = check_tables(reward_a, reward_b)
    gamma = check_gamma(gamma)
    ends = check_terminal(terminal, a.shape[0])
    over_s = check_distribution("state_distribution", state_distribution, a.shape[:1])
    over_a = check_distribution("action_distribution", action_distribution, a.shape[1:2])
    weights = live(_coverage(coverage, over_s, over_a), ends)
    pair = tuple(
        form_of(lambda x: epic_canonical(x, gamma, over_s, over_a, ends), r) for r in (a, b)
    )
    sizes = tuple(size_of(r[~ends]) for r in (a, b))
    value = pearson_distance(
        pair[0].ravel(), pair[1].ravel(), weights.ravel(), (sizes[0], sizes[1]), ROUNDING
    )
    notes = () if ends.any() else (CONTINUING,)
    return RewardDistance(
        value, 1.0, "EPIC", int((weights > 0).sum()), None, (pair[0], pair[1]), notes
    )


def epic_canonical(
    reward: Floats, gamma: float, over_s: Floats, over_a: Floats, ends: Bools
) -> Floats:
    """The canonical reward, shape (S, A, S); rows from terminal states are 0."""
    mean = np.where(ends, 0.0, np.einsum("sat,a,t->s", reward, over_a, over_s))
    ending = float(over_s[ends].sum())
    lasting, final = offsets(gamma, ending, float(over_s @ mean), bool(ends.any()))
    after = gamma * mean + np.where(ends, final, lasting)
    canonical: Floats = reward + after - mean[:, None, None]
    canonical[ends] = 0.0
    return canonical


def offsets(gamma: float, ending: float, total: float, ends: bool) -> tuple[float, float]:
    """What is added to R + gamma m(s') - m(s) where s' goes on, and where it ends the episode.

    V(s) = m(s) + k with k = gamma total / (1 - gamma (1 - ending)); so gamma V(s') - V(s) adds
    (gamma - 1) k, or -k at an end. At ending = 0 the first is EPIC's -gamma E[R(S, A, S')].

    Args:
        gamma: discount.
        ending: probability that S' is terminal.
        total: E[m(S)] with m = 0 at terminal states.
        ends: whether any compared transition can end an episode.

    Raises:
        ConfigError: gamma is 1 and no drawn state ends an episode that others end.
    """
    if ending == 0.0 and not ends:
        return -gamma * total, 0.0
    room = 1.0 - gamma * (1.0 - ending)
    if room <= 0.0:
        raise ConfigError(
            "With gamma 1 the value of a terminal state needs terminal states among those drawn "
            "for the mean. Received a distribution that gives them no weight. Give them some, "
            "or take a gamma below 1."
        )
    k = gamma * total / room
    return (gamma - 1.0) * k, -k


def _coverage(given: ArrayLike | None, over_s: Floats, over_a: Floats) -> Floats:
    if given is None:
        product: Floats = over_s[:, None, None] * over_a[:, None] * over_s
        return product
    return check_distribution("coverage", given, (len(over_s), len(over_a), len(over_s)))


def live(weights: Floats, ends: Bools) -> Floats:
    """The distribution over (s, a, s') given that s is not terminal.

    Raises:
        ConfigError: it has no weight elsewhere.
    """
    weights = np.where(ends[:, None, None], 0.0, weights)
    total = weights.sum()
    if total <= 0.0:
        raise ConfigError(
            "The distribution must give weight to transitions from states that are not "
            "terminal. Received none. Spread it over other states."
        )
    given: Floats = weights / total
    return given
