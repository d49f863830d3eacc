"""GDPO: each reward component normalised on its own before they are summed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rewardsmith import checks
from rewardsmith.agents.llm.record import component_names
from rewardsmith.errors import ConfigError, NonFiniteRewardError, near_misses
from rewardsmith.transition import Floats

from .registry import register_credit
from .rollouts import Rollouts, returns_to_go, standardised


@register_credit("gdpo", level="trajectory")
def gdpo(
    rollouts: Rollouts,
    *,
    gamma: float,
    weights: Mapping[str, float] | None = None,
    epsilon: float = 1e-4,
) -> Floats:
    """A = whiten(sum_k w_k (r_k - mean(r_k)) / (std(r_k) + epsilon)), the same at every turn.

    Liu et al. 2026 (arXiv 2601.05242); arithmetic of TRL 1.16's
    `normalize_then_sum`: component k's episode sums are normalised within the group (std with
    n - 1), weighted, summed, and whitened over the batch. Rewards of different sizes keep their
    say, where a sum normalised afterwards lets the widest decide.

    Args:
        rollouts: the batch.
        gamma: r_k = sum_t gamma^t r_{k,t}; TRL's own is 1.
        weights: component -> w_k, 1 where it is not named. A stack's own weights are in the
            recorded pay already, and normalising takes all of them out but their signs: say here
            what each component shall count.
        epsilon: added to both stds.

    Raises:
        ConfigError: no turn has components; a weight for a component that nobody paid.
        NonFiniteRewardError: a component is NaN or infinite.
    """
    epsilon = checks.number("epsilon of gdpo", epsilon, least=0, write="epsilon=1e-4")
    names = component_names(rollouts.episodes)
    weighted = _weights(names, weights or {})
    total = np.zeros(len(rollouts.group))
    for name in names:
        sums = _component(rollouts, name, gamma)
        total += weighted[name] * standardised(sums, rollouts.group, epsilon=epsilon)
    everyone = np.zeros_like(rollouts.group)
    return rollouts.per_turn(standardised(total, everyone, epsilon=epsilon))


def _weights(names: tuple[str, ...], weights: Mapping[str, float]) -> dict[str, float]:
    if not names:
        raise ConfigError(
            "Credit 'gdpo' normalises each component of the reward. Received turns without "
            "components; record Turn(components={name: pay})."
        )
    for name in weights:
        if name not in names:
            raise ConfigError(
                f"weights of gdpo name components: {', '.join(names)}. Received {name!r}."
                + near_misses(name, names)
            )
    given = {n: checks.number(f"the weight of {n} in gdpo", w) for n, w in weights.items()}
    return {name: given.get(name, 1.0) for name in names}


def _component(rollouts: Rollouts, name: str, gamma: float) -> Floats:
    flat = np.concatenate([e.component(name) for e in rollouts.episodes])
    if not np.isfinite(flat).all():
        raise NonFiniteRewardError(
            f"Every component is a finite number. Received {flat[~np.isfinite(flat)][0]} of "
            f"{name!r}; mend that term, or bind the stack with on_nan='zero'."
        )
    return np.asarray(returns_to_go(rollouts.pad(flat), gamma)[:, 0])
