"""OPRL / iStar: implicit step rewards from a model of the policy's own kind."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rewardsmith import checks
from rewardsmith.agents.llm.record import component_names
from rewardsmith.errors import ConfigError, near_misses
from rewardsmith.transition import Bools, Floats

from .registry import register_credit
from .rollouts import Rollouts, standardised
from .trajectory import check_scale, trajectory


@register_credit("istar")
def istar(
    rollouts: Rollouts,
    *,
    gamma: float,
    component: str = "implicit",
    alpha: float = 1.0,
    scale: str = "group",
    epsilon: float = 1e-4,
) -> Floats:
    """A_t = A_episode + alpha * A_step (Liu et al. 2025, arXiv 2509.19199).

    A_episode is GRPO's of the episode's return without the implicit component; A_step
    normalises the implicit rewards of all turns of the group (that these are the statistics is our
    reading). An implicit reward is no part of
    the task's return, so what this ascends is not the gradient of that return alone.

    Args:
        rollouts: the batch.
        gamma: of the episode's return.
        component: the name under which turns carry `implicit_rewards`; if it is a term of the
            stack it is in `reward` too, and is taken out of the return.
        alpha: weight of A_step, >= 0.
        scale, epsilon: see `trajectory`; used for both parts.

    Raises:
        ConfigError: no turn has that component.
    """
    check_scale(scale, "istar")
    alpha = checks.number("alpha of istar", alpha, least=0, write="alpha=1.0")
    names = component_names(rollouts.episodes)
    if component not in names:
        raise ConfigError(
            f"Credit 'istar' reads the implicit reward of each turn. Received turns with "
            f"components {', '.join(names) or 'none'}, without {component!r}."
            f"{near_misses(component, names)} Record it in Turn(components=...)."
        )
    steps = np.concatenate([e.component(component) for e in rollouts.episodes])
    outcome = Rollouts(
        rollouts.episodes,
        rollouts.rewards - rollouts.pad(steps),
        rollouts.alive,
        rollouts.group,
        rollouts.sizes,
    )
    episode = trajectory(outcome, gamma=gamma, scale=scale, epsilon=epsilon)
    step = standardised(steps, rollouts.turn_group, scale=scale, epsilon=epsilon)
    return combine(episode, rollouts.pad(step), alpha)


def combine(episode: Floats, step: Floats, alpha: float) -> Floats:
    """A = A_episode + alpha * A_step, of any shapes that broadcast."""
    return np.asarray(episode + alpha * step)


def implicit_rewards(logps: Floats, old_logps: Floats, beta: float = 0.05) -> Floats:
    """r_t = beta * (log pi_phi(a_t | h_t) - log pi_old(a_t | h_t)), any shape.

    Args:
        logps: log-probability of each turn under the implicit reward model, in nats.
        old_logps: under the policy that wrote it.
        beta: > 0.
    """
    beta = checks.number("beta of implicit_rewards", beta, above=0, write="beta=0.05")
    return np.asarray(beta * (np.asarray(logps) - np.asarray(old_logps)))


def implicit_loss(rewards: Sequence[Floats], success: Bools) -> float:
    """-mean log sigmoid(sum r+ - sum r-) over all pairs of a success and a failure.

    What the implicit reward model is trained with (trajectory-level DPO, arXiv 2509.19199).

    Args:
        rewards: implicit rewards of each rollout of one task, shapes (T_i,).
        success: shape (n,).

    Returns:
        The loss, >= 0; 0 if all succeeded or all failed, for then there is no pair.
    """
    totals = np.array([np.sum(r) for r in rewards])
    won = np.asarray(success, dtype=bool)
    gaps = (totals[won][:, None] - totals[~won]).ravel()
    return float(np.logaddexp(0.0, -gaps).mean()) if len(gaps) else 0.0
