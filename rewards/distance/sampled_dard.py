"""DARD from samples and a transition model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.distance.checks import check_choice, check_gamma
from rewardsmith.rewards.distance.exact_dard import OFF_SUPPORT
from rewardsmith.rewards.distance.result import RewardDistance, pearson_distance, size_of
from rewardsmith.rewards.distance.sampled_epic import ENDS, endless, untimed
from rewardsmith.rewards.distance.sampling import (
    Model,
    Payer,
    RewardLike,
    Sampling,
    States,
    payer,
    resampled,
    spread_of,
)
from rewardsmith.transition import Floats, Transition


def dard_sampled(
    reward_a: RewardLike,
    reward_b: RewardLike,
    transitions: Transition,
    *,
    model: Model,
    gamma: float,
    actions: NDArray[Any] | None = None,
    env_reward: Callable[[Transition], ArrayLike] | None = None,
    ends: str = "zero",
    sampling: Sampling | None = None,
) -> RewardDistance:
    """DARD (arXiv 2201.10081, Equation 3) over a batch.

    For each transition `sampling.model_samples` actions A are drawn, and S' ~ model(s, A),
    S'' ~ model(s', A). Shaping cancels in every single draw, so it is at distance 0 at any
    sample size. The other figures are biased upward by the noise of the draws, the less the
    more are drawn. The standard error is a bootstrap over the transitions.

    Args:
        reward_a, reward_b: bound stacks, or functions of a Transition batch.
        transitions: N transitions, the coverage distribution.
        model: (states, actions, rng) -> next states, one for each.
        gamma: discount in [0, 1].
        actions: drawn from with replacement, shape (K, ...); those of `transitions` if None.
        env_reward: the env's own reward of any transition, for rewards that read it.
        ends: `zero`: terminal states are absorbing and pay nothing among themselves, as in
            `dard` with `terminal`; `ignore`: episodes are taken never to end.
        sampling: seed, sizes and number of bootstrap resamples.

    Raises:
        ConfigError: too few samples, a model that gives another number of states, a reward
            that is not finite or reads what is not known.
    """
    gamma, sampling = check_gamma(gamma), sampling or Sampling()
    goes_on = check_choice("ends", ends, ENDS) == "ignore"
    transitions = untimed(endless(transitions) if goes_on else transitions)
    pay = payer(reward_a, reward_b, transitions, env_reward, sampling)
    rng = np.random.default_rng(sampling.seed)
    raw = pay.happened(transitions)
    canonical = raw.copy()
    pool = np.asarray(transitions.action if actions is None else actions)
    for _ in range(sampling.model_samples):
        action = pool[rng.integers(len(pool), size=len(transitions))]
        drawn = _expectation(pay, transitions, action, _Step(model, goes_on, rng), gamma)
        canonical += drawn / sampling.model_samples
    over = resampled(len(transitions), sampling.resamples, rng, transitions.episode)
    sizes = (size_of(raw[0]), size_of(raw[1]))
    distances = [pearson_distance(canonical[0], canonical[1], w, sizes) for w in over.T]
    return RewardDistance(
        distances[0], 1.0, "DARD, sampled", len(transitions), spread_of(distances),
        (canonical[0], canonical[1]), (OFF_SUPPORT,),
    )  # fmt: skip


def _expectation(
    pay: Payer, transitions: Transition, action: NDArray[Any], step: _Step, gamma: float
) -> Floats:
    """One draw of gamma R(s', A, S'') - R(s, A, S') - gamma R(S', A, S''), shape (2, N)."""
    before, after = States.before(transitions), States.after(transitions)
    first, second = step(before, action), step(after, action)
    return (
        gamma * _paid(pay, after, action, second)
        - _paid(pay, before, action, first)
        - gamma * _paid(pay, first, action, second)
    )


def _paid(pay: Payer, before: States, action: NDArray[Any], after: States) -> Floats:
    paid: Floats = pay.imagined(before, action, after)
    paid[:, before.terminal & after.terminal] = 0.0
    return paid


class _Step:
    """The model with terminal states made absorbing."""

    def __init__(self, model: Model, goes_on: bool, rng: np.random.Generator) -> None:
        self.model, self.goes_on, self.rng = model, goes_on, rng

    def __call__(self, states: States, action: NDArray[Any]) -> States:
        drawn = drawn_from(self.model, states, action, self.rng)
        if self.goes_on:
            return States(drawn.obs, drawn.features, np.zeros(len(drawn), dtype=bool))
        return states.where(states.terminal, drawn) if states.terminal.any() else drawn


def drawn_from(
    model: Model, states: States, action: NDArray[Any], rng: np.random.Generator
) -> States:
    """One next state for each state.

    Raises:
        ConfigError: the model gave something else.
    """
    drawn = model(states, action, rng)
    if not isinstance(drawn, States) or len(drawn) != len(states):
        got = f"{len(drawn)} states" if isinstance(drawn, States) else type(drawn).__name__
        raise ConfigError(
            f"A transition model gives States, one for each state. Received {got} for "
            f"{len(states)} states. Return States(obs, features, terminal)."
        )
    return drawn
