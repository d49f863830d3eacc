"""STARC from rollouts, with a fitted value function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.distance.basis import Basis, default_basis
from rewardsmith.rewards.distance.checks import check_choice, check_gamma
from rewardsmith.rewards.distance.result import (
    RewardDistance,
    size_of,
    standardised_distance,
)
from rewardsmith.rewards.distance.sampled_dard import drawn_from
from rewardsmith.rewards.distance.sampled_epic import untimed
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

FORMS = ("val_potential", "val", "minimal")

FITTED = "V of the policy that acted was fitted by LSTD on {} basis functions."
LEAST = "The potential of least remaining norm was fitted on {} basis functions."
ONE_DRAW = "Without a model R + gamma V(s') - V(s) stands for its mean over s'."
DRAWS = "The mean over s' was taken over {} draws from the model."


def starc_sampled(
    reward_a: RewardLike,
    reward_b: RewardLike,
    transitions: Transition,
    *,
    gamma: float,
    canonical: str = "val_potential",
    model: Model | None = None,
    basis: Basis | None = None,
    env_reward: Callable[[Transition], ArrayLike] | None = None,
    sampling: Sampling | None = None,
) -> RewardDistance:
    """STARC (arXiv 2309.15257) in the L2 norm over the transitions of a policy.

    V of the policy that acted is fitted, for each reward, by least-squares temporal differences
    (Bradtke and Barto 1996) on `basis`, with V = 0 where an episode terminated. The fit is
    linear in the reward: shaping with a potential in the span of the basis cancels to rounding,
    any other only as far as the basis can follow it. Unlike `starc` with its uniform weights,
    states count as often as the policy visited them; where it never was, nothing is known.

    Without a model only transitions that happened are asked for: `val_potential`, which is
    `val` where the dynamics are deterministic. The standard error is a bootstrap over episodes
    (rows, if `transitions.episode` is None) and does not see the misfit of the basis.

    Args:
        reward_a, reward_b: bound stacks, or functions of a Transition batch.
        transitions: N transitions of one policy.
        gamma: discount in [0, 1).
        canonical: `val_potential`; `val`, which takes a model; `minimal`, the least norm that
            shaping with a potential in the span of the basis can leave, without a V.
        model: (states, actions, rng) -> next states; `sampling.model_samples` draws each.
        basis: States -> (N, K) floats; one per state for integer observations of at most 256
            values, else a constant, the observation and 64 random Fourier features.
        env_reward: the env's own reward of any transition, for rewards that read it where a
            model imagines transitions.
        sampling: seed, sizes and number of bootstrap resamples.

    Raises:
        ConfigError: too few samples, `val` without a model, a basis of another length.
    """
    gamma, sampling = check_gamma(gamma, below_one=True), sampling or Sampling()
    check_choice("canonical", canonical, FORMS)
    if canonical == "val" and model is None:
        raise ConfigError(
            "The canonical form 'val' is a mean over next states. Received no model. Give one, "
            "or take 'val_potential', which is the same where dynamics are deterministic."
        )
    transitions = untimed(transitions)
    draws = model if canonical == "val" else None
    pay = payer(reward_a, reward_b, transitions, env_reward, sampling, imagines=draws is not None)
    rng = np.random.default_rng(sampling.seed)
    chosen = basis or default_basis(
        States.before(transitions), States.after(transitions), sampling.seed
    )
    table = _table(pay, transitions, chosen, draws, sampling.model_samples, rng)
    over = resampled(len(transitions), sampling.resamples, rng, transitions.episode)
    reduce = _least if canonical == "minimal" else _levelled
    forms = [[reduce(table, which, w, gamma) for which in (0, 1)] for w in over.T]
    sizes = (size_of(table.paid[0]), size_of(table.paid[1]))
    distances = [
        standardised_distance(a, b, w, sizes) for (a, b), w in zip(forms, over.T, strict=True)
    ]
    how = ONE_DRAW if draws is None else DRAWS.format(sampling.model_samples)
    return RewardDistance(
        distances[0], 2.0, f"STARC-{canonical}, sampled", len(transitions),
        spread_of(distances), (forms[0][0], forms[0][1]),
        ((LEAST if canonical == "minimal" else FITTED).format(table.now.shape[1]), how),
    )  # fmt: skip


@dataclass(frozen=True)
class _Table:
    """Rewards (2, N) and basis functions (N, K) of each row, and of where it leads."""

    paid: Floats
    now: Floats
    onward: Floats


def _table(
    pay: Payer,
    transitions: Transition,
    basis: Basis,
    model: Model | None,
    draws: int,
    rng: np.random.Generator,
) -> _Table:
    before = States.before(transitions)
    now = _basis_of(basis, before)
    if model is None:
        return _Table(pay.happened(transitions), now, _onward(basis, States.after(transitions)))
    paid, onward = np.zeros((2, len(transitions))), np.zeros_like(now)
    action = np.asarray(transitions.action)
    for _ in range(draws):
        after = drawn_from(model, before, action, rng)
        paid += pay.imagined(before, action, after) / draws
        onward += _onward(basis, after) / draws
    return _Table(paid, now, onward)


def _basis_of(basis: Basis, states: States) -> Floats:
    values = np.asarray(basis(states), dtype=np.float64)
    if values.ndim != 2 or len(values) != len(states) or not np.isfinite(values).all():
        raise ConfigError(
            f"A basis gives finite numbers of shape (N, K) for N = {len(states)} states. "
            f"Received shape {values.shape}."
        )
    return values


def _onward(basis: Basis, after: States) -> Floats:
    return np.where(after.terminal[:, None], 0.0, _basis_of(basis, after))


def _levelled(table: _Table, which: int, weights: Floats, gamma: float) -> Floats:
    """R + gamma V(s') - V(s) with V from LSTD under these weights of the rows, shape (N,)."""
    difference = table.now - gamma * table.onward
    weighted = table.now * weights[:, None]
    left, sizes, right = np.linalg.svd(weighted.T @ difference)
    rank = int((sizes > 1e-12 * max(sizes[0], 1e-300)).sum())
    target = left[:, :rank].T @ (weighted.T @ table.paid[which]) / sizes[:rank]
    levelled: Floats = table.paid[which] - difference @ (right[:rank].T @ target)
    # A state that was only ever reached leaves V free there. Of all solutions the one of least
    # remainder keeps the form blind to shaping; any fixed choice would not.
    return _remainder(levelled, difference @ right[rank:].T, weights)


def _least(table: _Table, which: int, weights: Floats, gamma: float) -> Floats:
    """What shaping within the basis cannot remove of the reward, shape (N,)."""
    return _remainder(table.paid[which], table.now - gamma * table.onward, weights)


def _remainder(values: Floats, columns: Floats, weights: Floats) -> Floats:
    """The values less their weighted projection on the columns."""
    root = np.sqrt(weights)
    solution = np.linalg.lstsq(columns * root[:, None], values * root, rcond=1e-12)[0]
    left: Floats = values - columns @ solution
    return left
