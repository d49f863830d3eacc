"""Trajectory credit (GRPO): every turn gets its episode's normalised return."""

from __future__ import annotations

import numpy as np

from rewardsmith import checks
from rewardsmith.errors import ConfigError, near_misses
from rewardsmith.transition import Floats

from .registry import register_credit
from .rollouts import Rollouts, returns_to_go, standardised

SCALES = ("group", "batch", "none")


def check_scale(scale: object, who: str) -> str:
    """One of group, batch, none; anything else is refused with the near misses."""
    if scale not in SCALES:
        raise ConfigError(
            f"scale of {who} is one of {', '.join(SCALES)}. Received {scale!r}."
            + near_misses(str(scale), SCALES)
        )
    return str(scale)


@register_credit("trajectory", level="trajectory")
def trajectory(
    rollouts: Rollouts, *, gamma: float, scale: str = "group", epsilon: float = 1e-4
) -> Floats:
    """GRPO: A_i = (R_i - mean(R)) / (std(R) + epsilon), the same at every turn.

    Shao et al. 2024 (arXiv 2402.03300), section 4.1.2; arithmetic of TRL 1.16's
    `sum_then_normalize` (std with n - 1, epsilon 1e-4). The group's mean contains R_i itself, so
    that the expected gradient is (n - 1)/n times the true one; dividing by the group's std
    weighs tasks by how sure the policy is (Dr. GRPO, arXiv 2503.20783: `scale="none"`).

    Args:
        rollouts: the batch.
        gamma: R_i = sum_t gamma^t r_t; TRL's own is 1.
        scale: `group` divides by the std of the group, `batch` by that of all rewards, `none`
            not at all (TRL's scale_rewards).
        epsilon: added to the std.
    """
    check_scale(scale, "trajectory")
    epsilon = checks.number("epsilon of trajectory", epsilon, least=0, write="epsilon=1e-4")
    totals = returns_to_go(rollouts.rewards, gamma)[:, 0]
    return rollouts.per_turn(
        standardised(np.asarray(totals), rollouts.group, scale=scale, epsilon=epsilon)
    )
