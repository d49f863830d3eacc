"""RIDE: impact by hand, in float64 and in vector envs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

import rewardsmith
from rewardsmith.errors import ConfigError

SMALL = "hidden=(8,), latent=4, update_every=16, batch_size=8"


def lived(term: Any, steps: Any) -> list[list[float]]:
    paid = []
    for step in steps:
        paid.append(term.step(step).tolist())
        term.update(step)
    return paid


def test_impact_by_hand(place: Any, step_of: Any) -> None:
    """Features (x1 + x2, 2 x1): distances by Pythagoras, divided by the root of the visits."""
    term = place(
        "ride(hidden=(), latent=2, warmup=0, normalize='none', normalize_obs=False)",
        num_envs=1, size=2,
    )  # fmt: skip
    with torch.no_grad():
        term.nets["features"].linear[0].weight[:] = torch.tensor([[1.0, 1.0], [2.0, 0.0]])
    walk = [[0.0, 0.0], [2.0, 1.0], [0.0, 0.0], [2.0, 1.0], [2.0, 1.0]]
    paid = [term.step(step_of([a], [b]))[0] for a, b in pairwise(walk)]
    # (3, 4) away: 5; back to s_0, its second visit; the second visit of (2, 1); no step at all
    np.testing.assert_allclose(paid, [5.0, 5 / 2**0.5, 5 / 2**0.5, 0.0], rtol=1e-6)
    term.reset(np.array([True]))
    assert term.step(step_of([walk[0]], [walk[1]]))[0] == pytest.approx(5.0)


def test_it_is_the_published_formula(place: Any, step_of: Any) -> None:
    """Section 4 in float64 NumPy, with states that come again, after learning."""
    term = place(f"ride({SMALL}, normalize='none', epochs=2)", num_envs=1)
    rng = np.random.default_rng(0)
    rooms = rng.normal(2.0, 3.0, size=(5, 4))
    path = rng.integers(5, size=60)
    lived(term, [step_of(rooms[[a]], rooms[[b]]) for a, b in pairwise(path)])
    term.reset(np.array([True]))
    mean, deviation = term.obs_moments.mean, np.sqrt(term.obs_moments.variance)
    x = np.clip((rooms - mean) / deviation, -5, 5)
    layers = [m for m in term.nets["features"].linear if hasattr(m, "weight")]
    weights = [[p.detach().double().numpy() for p in (m.weight, m.bias)] for m in layers]
    phi = np.maximum(x @ weights[0][0].T + weights[0][1], 0) @ weights[1][0].T + weights[1][1]
    seen = {int(path[0]): 1}
    for a, b in pairwise(path.tolist()):
        seen[b] = seen.get(b, 0) + 1
        expected = np.linalg.norm(phi[b] - phi[a]) / np.sqrt(seen[b])
        found = term.step(step_of(rooms[[a]], rooms[[b]]))[0]
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_both_losses_move_the_features(place: Any, walk: Any) -> None:
    for beta in ("0.0", "1.0"):
        term = place(f"ride({SMALL}, beta={beta})")
        before = term.nets["features"].linear[0].weight.detach().clone()
        lived(term, walk(8))
        assert not torch.equal(before, term.nets["features"].linear[0].weight)


def test_what_actions_change_is_paid_more_than_what_comes_by_chance(
    place: Any, step_of: Any
) -> None:
    """x follows the action, the rest is noise of the same size: features learn to read x."""
    term = place(
        "ride(hidden=(32,), latent=8, lr=0.01, beta=0.1, update_every=64, batch_size=32, "
        "epochs=4, normalize='none')"
    )
    rng = np.random.default_rng(0)
    for i in range(400):
        obs, after = rng.normal(size=(2, 2, 4))
        action = rng.integers(3, size=2)
        after[:, 0] = obs[:, 0] + action - 1
        step = step_of(obs, after, action)
        term.step(step)
        term.update(step)
        if i % 50 == 0:
            term.reset(np.ones(2, dtype=bool))
    controlled, chance = [], []
    for axis, paid in [(0, controlled), (1, chance), (2, chance), (3, chance)]:
        for obs in rng.normal(size=(100, 1, 4)).repeat(2, axis=1):
            term.reset(np.ones(2, dtype=bool))
            after = obs.copy()
            after[:, axis] += [1.0, -1.0]
            paid.extend(term.step(step_of(obs, after)))
    assert np.mean(controlled) > 2 * np.mean(chance)


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_in_a_vector_env_visits_begin_anew_with_each_episode(mode: str) -> None:
    env = rewardsmith.make(
        "rewardsmith/Empty-5x5-v0",
        reward=f"env + ride(on=[agent_x, agent_y], normalize_obs=False, {SMALL})",
        num_envs=2,
        autoreset_mode=mode,
        max_episode_steps=9,
    )
    env.reset(seed=0)
    env.action_space.seed(0)
    paid, most = [], 0
    for _ in range(60):
        paid.append(env.step(env.action_space.sample())[4]["reward_terms"]["ride"])
        tables = env.stack.entries[1].term.visits.tables
        most = max(most, *(int(t.state_dict()["counts"].sum()) for t in tables))
    assert np.isfinite(paid).all()
    assert np.max(paid) > 0
    assert most == 9  # s_0 and eight steps; the ninth ends the episode, and what it counted
    env.close()


def test_what_is_refused(place: Any) -> None:
    with pytest.raises(ConfigError, match=r"beta of ride lies in \[0, 1\]"):
        place("ride(beta=2.0)")
    with pytest.raises(ConfigError, match="capacity of ride is a whole number >= 1"):
        place("ride(capacity=0)")
