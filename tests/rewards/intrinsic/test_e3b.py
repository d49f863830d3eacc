"""E3B: elliptical bonuses by hand, in float64 and in vector envs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from gymnasium import spaces

import rewardsmith
from rewardsmith.errors import ConfigError

SMALL = "hidden=(8,), latent=4, update_every=16, batch_size=8"
BARE = "warmup=0, normalize='none', normalize_obs=False"


def lived(term: Any, steps: Any) -> list[list[float]]:
    paid = []
    for step in steps:
        paid.append(term.step(step).tolist())
        term.update(step)
    return paid


def features(term: Any, rows: Any) -> Any:
    """phi in float64 NumPy, of rows as they come."""
    x = np.asarray(rows, dtype=np.float64)
    if term.normalize_obs and term.obs_moments.count > 1:
        mean, deviation = term.obs_moments.mean, np.sqrt(term.obs_moments.variance + 1e-6)
        x = np.clip((x - mean) / deviation, -5, 5)
    layers = [m for m in term.nets["features"].linear if hasattr(m, "weight")]
    for i, layer in enumerate(layers):
        x = x @ layer.weight.detach().double().numpy().T + layer.bias.detach().double().numpy()
        x = np.maximum(x, 0) if i + 1 < len(layers) else x
    return x


def test_bonus_by_hand(place: Any, step_of: Any) -> None:
    """phi(x) = x, C_0 = I / 2: s_0 joins unpaid, and a state is paid before it joins."""
    term = place(f"e3b(ridge=0.5, hidden=(), latent=2, {BARE})", num_envs=1, size=2)
    with torch.no_grad():
        term.nets["features"].linear[0].weight[:] = torch.eye(2)
    walk = [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [2.0, 0.0], [1.0, 0.0]]
    paid = [term.step(step_of([a], [b]))[0] for a, b in pairwise(walk)]
    # C = diag(1.5, .5): 1/.5; diag(1.5, 1.5): 1/1.5; (2, 0): 4/1.5; diag(5.5, 2.5): 1/5.5
    np.testing.assert_allclose(paid, [2.0, 2 / 3, 8 / 3, 2 / 11], rtol=1e-12)
    term.reset(np.array([True]))
    assert term.step(step_of([walk[0]], [walk[1]]))[0] == pytest.approx(2.0)


def test_it_is_the_published_formula(place: Any, walk: Any) -> None:
    """Section 3 in float64 NumPy with a direct inverse, two slots, after learning."""
    term, steps = place(f"e3b({SMALL}, normalize='none', epochs=2)"), walk(40)
    lived(term, steps)
    term.reset(np.array([True, True]))
    covariance = np.tile(0.1 * np.eye(4), (2, 1, 1))
    for i, step in enumerate(steps[:25]):
        rows = [step.obs, step.next_obs] if i == 0 else [step.next_obs]
        for obs in rows:
            phi = features(term, obs)
            inverse = np.linalg.inv(covariance)
            expected = np.einsum("ni,nij,nj->n", phi, inverse, phi)
            covariance += phi[:, :, None] * phi[:, None, :]
        np.testing.assert_allclose(term.step(step), expected, rtol=1e-4)


def test_what_comes_again_is_paid_less_than_what_is_new(place: Any, step_of: Any) -> None:
    term = place(f"e3b({SMALL}, normalize='none')", num_envs=1)
    rng = np.random.default_rng(0)
    spot = rng.normal(size=(1, 4))
    lived(term, [step_of(o, o + 0.1) for o in rng.normal(size=(20, 1, 4))])
    term.reset(np.array([True]))
    again = [term.step(step_of(spot, spot))[0] for _ in range(10)]
    assert (np.diff(again) < 0).all()
    assert term.step(step_of(spot, -3 * spot + 1))[0] > 5 * again[-1]


def test_features_keep_what_actions_change(place: Any, step_of: Any) -> None:
    """x follows the action, the rest is noise: episodes that move x are paid more."""
    term = place(
        "e3b(hidden=(32,), latent=4, lr=0.01, update_every=64, batch_size=32, epochs=4, "
        "normalize='none')"
    )
    rng = np.random.default_rng(0)
    for _ in range(400):
        obs, after = rng.normal(size=(2, 2, 4))
        action = rng.integers(3, size=2)
        after[:, 0] = obs[:, 0] + action - 1
        step = step_of(obs, after, action)
        term.step(step)
        term.update(step)
        term.reset(np.ones(2, dtype=bool))
    paid = np.zeros(4)
    for axis in range(4):
        for obs in rng.normal(size=(50, 1, 4)).repeat(2, axis=1):
            after = obs.copy()
            after[:, axis] += [1.0, -1.0]
            term.reset(np.ones(2, dtype=bool))
            paid[axis] += term.step(step_of(obs, after)).sum()
    assert paid[0] > 1.5 * paid[1:].max()


def test_the_scale_begins_with_centred_rows(place: Any, step_of: Any) -> None:
    """Rows around 1000 are paid 10^4 and more before their first statistics; not so the scale."""
    term = place(f"e3b({SMALL})")
    rng = np.random.default_rng(0)
    places = 1000 + rng.normal(size=(31, 2, 4))
    paid = np.array(lived(term, [step_of(a, b) for a, b in pairwise(places)]))
    assert (paid[:8] == 0).all()
    assert 0.05 < paid[8:].mean() < 20


@pytest.mark.parametrize("mode", ["NextStep", "SameStep", "Disabled"])
def test_in_a_vector_env_ellipsoids_begin_anew_with_each_episode(mode: str) -> None:
    env = rewardsmith.make(
        "rewardsmith/Empty-5x5-v0",
        reward=f"env + e3b(on=[agent_x, agent_y], ridge=1.0, hidden=(), latent=2, {BARE}, lr=1e-9)",
        num_envs=2,
        autoreset_mode=mode,
        max_episode_steps=9,
    )
    env.reset(seed=0)
    env.action_space.seed(0)
    term = env.stack.entries[1].term
    volumes, paid = [], []
    for _ in range(60):
        *_, terminated, truncated, info = env.step(env.action_space.sample())
        paid.append(info["reward_terms"]["e3b"])
        if mode == "Disabled" and (terminated | truncated).any():
            env.reset(options={"reset_mask": terminated | truncated})
        volumes.append(torch.linalg.det(term.ellipsoids.inverse).numpy())
    env.close()
    # |C^-1| falls with each state of an episode, and is 1 again when the next begins.
    assert (np.array(volumes) == 1).sum(axis=0).min() >= 6
    rises = np.diff(volumes, axis=0) > 0
    assert (np.array(volumes)[1:][rises] == 1).all()
    assert np.isfinite(paid).all()
    assert np.max(paid) > 0


def test_actions_may_be_numbers(place: Any, step_of: Any) -> None:
    """The inverse model learns to tell a = x' - x."""
    term = place(
        "e3b(hidden=(32,), latent=8, lr=0.01, update_every=64, batch_size=32, epochs=4)",
        action_space=spaces.Box(-1, 1, (1,)),
    )
    rng, losses = np.random.default_rng(0), []
    for _ in range(400):
        obs, action = rng.normal(size=(2, 4)), rng.uniform(-1, 1, size=(2, 1))
        after = obs.copy()
        after[:, :1] += action
        step = step_of(obs, after)
        step.action = action
        term.step(step)
        term.update(step)
        with torch.no_grad():
            losses.append(float(term.loss(term._tensors(term._columns(step)))))
    assert np.mean(losses[-100:]) < 0.2 * np.mean(losses[:32])


def test_what_is_refused(place: Any) -> None:
    with pytest.raises(ConfigError, match="ridge of e3b"):
        place("e3b(ridge=0)")
