"""EPIC from samples, for spaces without a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardsmith.rewards.distance.checks import check_choice, check_gamma
from rewardsmith.rewards.distance.exact_epic import CONTINUING, offsets
from rewardsmith.rewards.distance.result import RewardDistance, pearson_distance, size_of
from rewardsmith.rewards.distance.sampling import (
    Payer,
    RewardLike,
    Sampling,
    States,
    payer,
    resampled,
    spread_of,
)
from rewardsmith.transition import Bools, Floats, Transition

ENDS = ("zero", "ignore")


def epic_sampled(
    reward_a: RewardLike,
    reward_b: RewardLike,
    transitions: Transition,
    *,
    gamma: float,
    mean: Transition | None = None,
    env_reward: Callable[[Transition], ArrayLike] | None = None,
    ends: str = "zero",
    sampling: Sampling | None = None,
) -> RewardDistance:
    """EPIC (arXiv 2006.13900) over a batch, its means estimated from drawn actions and states.

    The means over (A, S') are taken over pairs of an action and a next state of `mean`, drawn
    apart from each other, and S is drawn as S' is. Shaping with a potential then cancels to
    rounding at any sample size; everything else converges like one over the root of the number
    of samples. The standard error is a bootstrap over the transitions and the drawn pairs.

    Args:
        reward_a, reward_b: bound stacks, or functions of a Transition batch. They are asked for
            transitions that cannot happen.
        transitions: N transitions, the coverage distribution.
        gamma: discount in [0, 1].
        mean: transitions whose actions and next states are drawn for the means; `transitions`
            if None. At most `sampling.mean_samples` of them are used.
        env_reward: the env's own reward of any transition, for rewards that read it.
        ends: `zero`: a terminated next state has value 0, as in `epic` with `terminal`;
            `ignore`: episodes are taken never to end, as in the paper and its code.
        sampling: seed, sizes and number of bootstrap resamples.

    Raises:
        ConfigError: too few samples, a reward that is not finite or reads what is not known.
    """
    gamma, sampling = check_gamma(gamma), sampling or Sampling()
    if check_choice("ends", ends, ENDS) == "ignore":
        transitions = endless(transitions)
        mean = None if mean is None else endless(mean)
    transitions = untimed(transitions)
    pay = payer(reward_a, reward_b, transitions, env_reward, sampling)
    rng = np.random.default_rng(sampling.seed)
    action, after = _drawn(transitions if mean is None else mean, sampling, rng)
    form = _Form(pay, transitions, gamma, action, after)
    over = resampled(len(transitions), sampling.resamples, rng, transitions.episode)
    canonical = form.canonical(resampled(len(after), sampling.resamples, rng))
    raw = pay.happened(transitions)
    sizes = (size_of(raw[0]), size_of(raw[1]))
    distances = [
        pearson_distance(canonical[0, :, b], canonical[1, :, b], over[:, b], sizes)
        for b in range(over.shape[1])
    ]
    notes = (CONTINUING,) if not form.any_ends() else ()
    return RewardDistance(
        distances[0], 1.0, "EPIC, sampled", len(transitions), spread_of(distances),
        (canonical[0, :, 0], canonical[1, :, 0]), notes,
    )  # fmt: skip


class _Form:
    """The canonical rewards of N transitions under many weightings of the drawn pairs."""

    def __init__(
        self, pay: Payer, transitions: Transition, gamma: float, action: Any, after: States
    ) -> None:
        self.pay, self.transitions, self.gamma = pay, transitions, gamma
        self.action, self.after = action, after
        self.ends: Bools = States.after(transitions).terminal

    def any_ends(self) -> bool:
        return bool(self.ends.any() or self.after.terminal.any())

    def canonical(self, weights: Floats) -> Floats:
        """Shape (2, N, B) for weights of shape (M, B)."""
        before, after = States.before(self.transitions), States.after(self.transitions)
        left, reached, drawn = (
            self.pay.means(states, self.action, self.after, weights)
            for states in (before, after, self.after)
        )
        shaped = self.pay.happened(self.transitions)[:, :, None] + self.gamma * reached - left
        ending = self.after.terminal @ weights
        for which in range(2):
            for b in range(weights.shape[1]):
                total = float(drawn[which, :, b] @ weights[:, b])
                lasting, final = offsets(self.gamma, float(ending[b]), total, bool(self.ends.any()))
                shaped[which, :, b] += np.where(self.ends, final, lasting)
        return shaped


def _drawn(
    mean: Transition, sampling: Sampling, rng: np.random.Generator
) -> tuple[NDArray[Any], States]:
    """At most `mean_samples` actions and next states, drawn apart."""
    count = min(len(mean), sampling.mean_samples)
    action = np.asarray(mean.action)[rng.permutation(len(mean))[:count]]
    return action, States.after(mean).take(rng.permutation(len(mean))[:count])


def endless(transitions: Transition) -> Transition:
    """The same transitions with no episode ending."""
    return replace(transitions, terminated=np.zeros(len(transitions), dtype=bool))


def untimed(transitions: Transition) -> Transition:
    """The same transitions without time limits, which no (s, a, s') knows of."""
    return replace(transitions, truncated=np.zeros(len(transitions), dtype=bool))
