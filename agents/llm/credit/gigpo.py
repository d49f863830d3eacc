"""GiGPO: episodes compared within the group, turns compared among equal anchor observations."""

from __future__ import annotations

import numpy as np

from rewardsmith import checks
from rewardsmith.errors import ConfigError
from rewardsmith.transition import Floats

from .registry import register_credit
from .rollouts import Ints, Rollouts, returns_to_go, standardised
from .trajectory import check_scale


@register_credit("gigpo")
def gigpo(
    rollouts: Rollouts,
    *,
    gamma: float,
    omega: float = 1.0,
    step_gamma: float = 0.95,
    scale: str = "none",
    epsilon: float = 1e-6,
) -> Floats:
    """A_t = A_episode + omega * A_step (Feng et al. 2025, arXiv 2505.10978, eq. 3 and 6 to 8).

    A_episode normalises the episodes' returns within the group. A_step normalises the returns-
    to-go sum_{s >= t} step_gamma^(s-t) r_s among all turns of the group that answered the same
    observation (`Turn.anchor`), of whichever episode and index; a turn whose anchor nobody else
    met gets 0. Anchors are compared exactly: leave step counters out of the observation.

    Differs from the released code (verl-agent) in one thing: an episode counts once in the
    group's mean and std, as in the paper's eq. 3, where that code by default counts it once per
    turn.

    Args:
        rollouts: the batch.
        gamma: of the episode's return; the paper's is 1.
        omega: weight of A_step, >= 0.
        step_gamma: discount of the step returns, in [0, 1]; less than 1, or all turns of a
            sparsely paid episode get the same.
        scale: `none` subtracts the mean only, `group` divides by the std (n - 1) too, `batch` by
            that of all values.
        epsilon: added to the std.

    Raises:
        ConfigError: no turn has an anchor.
    """
    check_scale(scale, "gigpo")
    omega = checks.number("omega of gigpo", omega, least=0, write="omega=1.0")
    epsilon = checks.number("epsilon of gigpo", epsilon, least=0, write="epsilon=1e-6")
    if not 0.0 <= checks.number("step_gamma of gigpo", step_gamma) <= 1.0:
        raise ConfigError(f"step_gamma of gigpo lies in [0, 1]. Received {step_gamma!r}.")
    totals = np.asarray(returns_to_go(rollouts.rewards, gamma)[:, 0])
    episode = standardised(totals, rollouts.group, scale=scale, epsilon=epsilon)
    steps = returns_to_go(rollouts.rewards, step_gamma)[rollouts.alive]
    step = standardised(steps, anchor_labels(rollouts), scale=scale, epsilon=epsilon)
    return rollouts.per_turn(episode) + omega * rollouts.pad(step)


def anchor_labels(rollouts: Rollouts) -> Ints:
    """A number per turn, equal for turns of one group with the same anchor observation.

    A turn with an empty anchor is equal to no other.

    Raises:
        ConfigError: no turn has an anchor.
    """
    anchors = [turn.anchor for e in rollouts.episodes for turn in e.turns]
    if not any(anchors):
        raise ConfigError(
            "Credit 'gigpo' compares turns that answered the same observation. Received turns "
            "without any; record Turn(anchor=observation)."
        )
    known: dict[tuple[int, str | int], int] = {}
    pairs = [
        (g, anchor or i)
        for i, (g, anchor) in enumerate(zip(rollouts.turn_group.tolist(), anchors, strict=True))
    ]
    return np.array([known.setdefault(pair, len(known)) for pair in pairs], dtype=np.intp)
