"""Turn credit: returns-to-go minus a baseline made of the other rollouts alone."""

from __future__ import annotations

import numpy as np

from rewardsmith import checks
from rewardsmith.errors import ConfigError, near_misses
from rewardsmith.transition import Floats

from .registry import register_credit
from .rollouts import Rollouts, divided, label_moments, returns_to_go
from .trajectory import check_scale

BASELINES = ("zero", "alive", "start", "none")


@register_credit("turn")
def turn(
    rollouts: Rollouts,
    *,
    gamma: float,
    baseline: str = "zero",
    scale: str = "none",
    epsilon: float = 1e-4,
) -> Floats:
    """A_t = G_t - b_t with G_t = sum_{s >= t} gamma^(s-t) r_s and b_t from the other rollouts.

    Rewards are accumulated first and centred then. A baseline may depend on anything but the
    actions of its own episode from t on, for E[b_t * grad log pi(a_t | h_t)] = 0 needs b_t to be
    independent of a_t given the history h_t. What other rollouts did is; so all baselines here
    are unbiased (for gamma = 1, and for gamma < 1 up to the usual missing factor gamma^t):

    - `zero`: mean over all other rollouts of G_t, an ended one counting as 0. It is an estimate
      of E[G_t], its number of summands never changes, and with equal pay per turn it credits an
      action that keeps the episode going.
    - `alive`: mean over the others that have a turn t, 0 where there is none. It estimates
      E[G_t | still going], and rests on few rollouts at late turns.
    - `start`: mean over the others of G_0 at every turn (RLOO, arXiv 2402.14740).
    - `none`: no baseline (REINFORCE).

    A mean that contains the episode itself shrinks the gradient by (n - 1)/n, and over
    survivors by more the later the turn; centring single rewards by turn before accumulating
    loses all credit for keeping the episode going. Both are measured in benchmarks/llm_credit.

    Args:
        rollouts: the batch.
        gamma: discount between turns.
        baseline: see above.
        scale: `batch` or `group` divides by the std (n - 1) of the advantages of all turns of
            the batch or of the group, plus epsilon; this makes the size of a step independent
            of the reward's unit, and depends on the episode itself, so it is unbiased only in
            the limit of many rollouts.
        epsilon: added to the std.
    """
    check_scale(scale, "turn")
    epsilon = checks.number("epsilon of turn", epsilon, least=0, write="epsilon=1e-4")
    returns = returns_to_go(rollouts.rewards, gamma)
    advantages = returns - leave_one_out(rollouts, returns, baseline)
    flat = advantages[rollouts.alive]
    if scale != "none":
        labels = rollouts.turn_group
        _, deviations = label_moments(flat, labels if scale == "group" else labels * 0)
        flat = divided(flat, deviations + epsilon)
    return rollouts.pad(flat)


def leave_one_out(rollouts: Rollouts, returns: Floats, baseline: str) -> Floats:
    """The baseline b_t of each turn, shape (B, T); see `turn`."""
    if baseline not in BASELINES:
        raise ConfigError(
            f"baseline of turn is one of {', '.join(BASELINES)}. Received {baseline!r}."
            + near_misses(str(baseline), BASELINES)
        )
    if baseline == "none":
        return np.zeros_like(returns)
    counted = returns[:, :1] if baseline == "start" else returns
    others = rollouts.group_sums(counted)[rollouts.group] - counted
    if baseline != "alive":
        means = others / (rollouts.sizes[rollouts.group] - 1)[:, None]
        return np.broadcast_to(means, returns.shape)
    going = rollouts.group_sums(rollouts.alive)[rollouts.group] - rollouts.alive
    return np.where(going > 0, others / np.maximum(going, 1), 0.0)
