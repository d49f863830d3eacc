"""IGPO: information gains per turn and the outcome at the last, normalised and accumulated."""

from __future__ import annotations

import numpy as np

from rewardsmith import checks
from rewardsmith.errors import ConfigError, near_misses
from rewardsmith.transition import Floats

from .registry import register_credit
from .rollouts import Rollouts, returns_to_go, standardised
from .trajectory import check_scale

NORMS = ("joint", "separate")


@register_credit("igpo")
def igpo(
    rollouts: Rollouts,
    *,
    gamma: float,
    norm: str = "joint",
    scale: str = "group",
    epsilon: float = 1e-6,
) -> Floats:
    """A_t = sum_{s >= t} gamma^(s-t) z_s, with z the group's rewards, normalised turn by turn.

    Wang et al. 2025 (arXiv 2510.14967), section 3: a turn's reward is the information gain
    p_t - p_{t-1}, p = exp(mean log pi(answer | history)); the last turn's is the outcome. Let the
    stack pay them so (a term of information gain, and an outcome that is paid at the end).

    Rewards are centred before they are accumulated, so an episode's advantage moves with its
    number of turns: biased wherever the policy decides when to stop (benchmarks/llm_credit
    measures it). `turn` over the same rewards is not.

    Turns are counted by their ids: a gain of exactly 0 is normalised like any other, where the
    released code finds turns by "reward != 0" and loses it.

    Args:
        rollouts: the batch.
        gamma: discount between turns.
        norm: `joint` takes mean and std of all turns of the group, `separate` those of the last
            turns and those of the others.
        scale: `group` divides by the std (n, as released), `batch` by that of all turns, `none`
            only centres.
        epsilon: added to the std.
    """
    check_scale(scale, "igpo")
    epsilon = checks.number("epsilon of igpo", epsilon, least=0, write="epsilon=1e-6")
    if norm not in NORMS:
        raise ConfigError(
            f"norm of igpo is joint or separate. Received {norm!r}.{near_misses(str(norm), NORMS)}"
        )
    labels = rollouts.turn_group
    if norm == "separate":
        lengths = rollouts.alive.sum(axis=1)
        last = np.zeros(len(labels), dtype=np.intp)
        last[np.cumsum(lengths) - 1] = 1
        labels = 2 * labels + last
    flat = rollouts.rewards[rollouts.alive]
    settled = standardised(flat, labels, scale=scale, epsilon=epsilon, ddof=0)
    return returns_to_go(rollouts.pad(settled), gamma)
