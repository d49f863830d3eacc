"""RIDE: impact by hand, in float64 and in vector envs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

import rewardsmith
from rewardsmith.errors import BindingError, ConfigError, ContractError
from rewardsmith.storage import load_state, save_state

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


def test_slots_are_paid_alike_alone_and_together(place: Any, walk: Any) -> None:
    together, apart = (place(f"ride({SMALL}, warmup=0)", 3) for _ in range(2))
    for step in walk(20, num_envs=3):
        expected = together.step(step)
        for rows in ([2, 0], [1]):
            part = step.select(rows)
            part.env_index = np.array(rows)
            np.testing.assert_allclose(apart.step(part), expected[rows], rtol=1e-5)


def test_a_resumed_term_goes_on_bit_by_bit(place: Any, walk: Any, tmp_path: Any) -> None:
    steps = walk(60)
    steps += steps[20:40]  # states that were visited before
    whole, half, rest = (place(f"ride({SMALL})") for _ in range(3))
    expected = lived(whole, steps)
    found = lived(half, steps[:37])
    save_state(tmp_path / "state.npz", half.state_dict())
    rest.load_state_dict(load_state(tmp_path / "state.npz"))
    assert found + lived(rest, steps[37:]) == expected


def test_evaluation_moves_nothing_but_the_episodes(place: Any, walk: Any) -> None:
    term, steps = place(f"ride({SMALL})"), walk(40)
    lived(term, steps[:20])
    term.reset(np.array([True, True]))
    first = [term.step(s).tolist() for s in steps]
    term.reset(np.array([True, True]))
    assert [term.step(s).tolist() for s in steps] == first
    assert max(max(row) for row in first) > 0


def test_stored_steps_keep_their_pay_and_whole_episodes_are_paid_aside(
    place: Any, walk: Any
) -> None:
    term, steps = place(f"ride({SMALL}, warmup=0)", num_envs=1), walk(12, num_envs=1)
    with pytest.raises(BindingError, match="single stored steps cannot be paid anew"):
        term.relabel(steps[0])
    online = [term.step(s)[0] for s in steps]
    before = term.state_dict()["episodes"]["tables"]["0"]["counts"].tolist()
    whole = rewardsmith.transition.stack([*steps])
    np.testing.assert_allclose(term.finish(whole), online, rtol=1e-6)
    assert term.state_dict()["episodes"]["tables"]["0"]["counts"].tolist() == before


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


def test_what_is_refused(place: Any, step_of: Any) -> None:
    with pytest.raises(ConfigError, match=r"beta of ride lies in \[0, 1\]"):
        place("ride(beta=2.0)")
    with pytest.raises(ConfigError, match="capacity of ride is a whole number >= 1"):
        place("ride(capacity=0)")
    with pytest.raises(BindingError, match="learns from actions"):
        place("ride()", action_space=None)
    with pytest.raises(ContractError, match=r"ride\(\).*Received nan"):
        place("ride()").step(step_of(np.zeros((2, 4)), np.full((2, 4), np.nan)))
    state = place(f"ride({SMALL})").state_dict()
    with pytest.raises(ConfigError, match=r"ride.*as many envs as it runs in.*Received that of 2"):
        place(f"ride({SMALL})", num_envs=3).load_state_dict(state)
    with pytest.raises(ConfigError, match="same options and observations"):
        place(f"ride({SMALL})", size=5).load_state_dict(state)
    with pytest.raises(BindingError, match="without env_index"):
        place("ride()", num_envs=3).step(step_of(np.zeros((2, 4)), np.ones((2, 4))))
