"""credit(): episodes in groups -> an advantage for each turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rewardsmith import checks
from rewardsmith.agents.llm.record import Episode
from rewardsmith.errors import ConfigError, NonFiniteRewardError, near_misses
from rewardsmith.transition import Floats

from .registry import CreditMethod, find_credit
from .rollouts import make_rollouts


def credit(
    episodes: Sequence[Episode],
    group: Sequence[int],
    *,
    method: str = "turn",
    gamma: float = 1.0,
    **options: Any,
) -> list[Floats]:
    """The advantage of each turn.

    Args:
        episodes: B episodes.
        group: shape (B,), the number of each episode's group; a group holds the rollouts of one
            task, at least two, and may lie anywhere in the batch.
        method: one of `credit_names()`.
        gamma: discount between turns, in [0, 1].
        options: of the method, see its function in this package.

    Returns:
        One array of shape (T_i,) per episode, in the order given.

    Raises:
        UnknownNameError: no such method.
        ConfigError: an unknown option, an empty batch, a group of one.
        NonFiniteRewardError: a reward is NaN or infinite, or an advantage is.

    >>> from rewardsmith.agents.llm.record import Episode, Turn
    >>> won = Episode((Turn(0, "look", 0, 3, 0.0), Turn(1, "take coin", 5, 9, 1.0)))
    >>> lost = Episode((Turn(0, "sleep", 0, 4, 0.0),))
    >>> [a.tolist() for a in credit([won, lost], [0, 0])]
    [[1.0, 1.0], [-1.0]]
    """
    found = find_credit(method)
    check_options(found, options)
    gamma = check_gamma(gamma)
    rollouts = make_rollouts(episodes, group)
    advantages = found.function(rollouts, gamma=gamma, **options)
    _check_advantages(advantages, rollouts.alive.shape, method)
    return rollouts.split(np.asarray(advantages, dtype=np.float64))


def check_options(found: CreditMethod, options: Mapping[str, Any]) -> None:
    """Refuse options that the method does not take."""
    for name in options:
        if name not in found.options:
            raise ConfigError(
                f"Options of credit {found.name!r} are {', '.join(found.options) or 'none'}. "
                f"Received {name!r}.{near_misses(name, found.options)}"
            )


def check_gamma(gamma: float) -> float:
    """A discount in [0, 1]."""
    value = checks.number("gamma of credit", gamma, least=0, write="gamma=1.0")
    if value > 1.0:
        raise ConfigError(f"gamma of credit is a number in [0, 1]. Received {gamma!r}.")
    return value


def _check_advantages(advantages: Floats, shape: tuple[int, ...], method: str) -> None:
    if np.shape(advantages) != shape:
        raise ConfigError(
            f"A credit method returns advantages of shape (B, T). Received shape "
            f"{np.shape(advantages)} from {method!r} for {shape}."
        )
    if not np.isfinite(advantages).all():
        raise NonFiniteRewardError(
            f"Advantages are finite numbers. Received NaN or infinity from {method!r}; look at the "
            "size of the rewards."
        )
