"""EMPG: the episode's advantage, scaled turn by turn by how sure the policy was."""

from __future__ import annotations

import numpy as np

from rewardsmith import checks
from rewardsmith.errors import ConfigError
from rewardsmith.transition import Floats

from .registry import register_credit
from .rollouts import Rollouts
from .trajectory import trajectory


@register_credit("empg", level="trajectory")
def empg(
    rollouts: Rollouts,
    *,
    gamma: float,
    k: float = 1.0,
    k_future: float = 1.0,
    zeta: float = 0.1,
    scale: str = "group",
    epsilon: float = 1e-4,
) -> Floats:
    """A_t = A g(H_t) + zeta f(H_{t+1}), centred over all turns of the batch.

    Wang et al. 2025 (arXiv 2509.09265), eq. 7 to 12. A is GRPO's (see `trajectory`), H_t the mean
    entropy of turn t's tokens, scaled to [0, 1] between the least and the greatest of the batch,
    g(H) = exp(-k H) / mean(exp(-k H)) over the batch's turns, f(H) = exp(-k_future H); the last
    turn has no f. Advantages are modulated by the policy's own doubt: no gradient of the
    expected reward, and no guarantee.

    Args:
        rollouts: the batch.
        gamma: see `trajectory`.
        k: how much doubt damps, >= 0; 0 leaves A as it is.
        k_future: how fast the bonus falls with the next turn's entropy, >= 0.
        zeta: weight of the bonus for a clear next turn, >= 0; defaults are the authors' page's.
        scale, epsilon: see `trajectory`.

    Raises:
        ConfigError: a turn has no entropy.
    """
    values = {"k": k, "k_future": k_future, "zeta": zeta}
    for name, value in values.items():
        checks.number(f"{name} of empg", value, least=0, write=f"{name}=1.0")
    alive = rollouts.alive
    doubt = rollouts.pad(_scaled(_entropies(rollouts)))
    damping = np.where(alive, np.exp(-k * doubt), 0.0)
    advantages = trajectory(rollouts, gamma=gamma, scale=scale, epsilon=epsilon)
    advantages = advantages * damping / (damping[alive].mean() + 1e-8)
    bonus = np.where(alive[:, 1:], np.exp(-k_future * doubt[:, 1:]), 0.0)
    advantages[:, :-1] += zeta * bonus
    return np.where(alive, advantages - advantages[alive].mean(), 0.0)


def _entropies(rollouts: Rollouts) -> Floats:
    found = [(i, t) for i, e in enumerate(rollouts.episodes) for t in e.turns]
    for i, turn in found:
        if turn.entropy is None or not np.isfinite(turn.entropy):
            raise ConfigError(
                "Credit 'empg' needs the mean entropy of each turn's tokens, in nats. Received "
                f"{turn.entropy} at turn {turn.turn_id} of episode {i}; record "
                "Turn(entropy=...), or use another method."
            )
    return np.array([turn.entropy for _, turn in found], dtype=np.float64)


def _scaled(entropies: Floats) -> Floats:
    low, high = entropies.min(), entropies.max()
    return np.asarray((entropies - low) / (high - low + 1e-8))
