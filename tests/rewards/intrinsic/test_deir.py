"""DEIR: distances by hand and in float64, its discriminator, trajectories of slots."""

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


def test_distances_by_hand(place: Any, step_of: Any) -> None:
    """e = x; the GRU's candidate is tanh(2 e), its gates half open: z' = z / 2 + tanh(2 e) / 2."""
    term = place(
        "deir(x, hidden=(), latent=1, warmup=0, normalize='none', normalize_obs=False)",
        num_envs=1, size=1,
    )  # fmt: skip
    with torch.no_grad():
        term.nets["features"].linear[0].weight.fill_(1.0)
        for weights in term.nets["trajectory"].parameters():
            weights.zero_()
        term.nets["trajectory"].weight_ih[2] = 2.0  # rows: reset, update, new
    z0 = np.tanh(2 * 1) / 2
    # s_0 = 1 with z_{-1} = 0 in memory; s_1 = 3 with z_0
    first = term.step(step_of([[1.0]], [[3.0]]))[0]
    assert first == pytest.approx(2**2 / z0, rel=1e-5)
    z1 = z0 / 2 + np.tanh(2 * 3) / 2
    # s_2 = 2 lies at 1 from both; the way to s_1 was more like this one than that to s_0
    second = term.step(step_of([[3.0]], [[2.0]]))[0]
    assert second == pytest.approx(min(1 / z1, 1 / (z1 - z0)), rel=1e-5)
    # s_3 = 1 again: nothing
    assert term.step(step_of([[2.0]], [[1.0]]))[0] == 0.0
    term.reset(np.array([True]))
    assert term.step(step_of([[1.0]], [[3.0]]))[0] == pytest.approx(first)


def layers(module: Any) -> list[Any]:
    return [
        [p.detach().double().numpy() for p in (m.weight, m.bias)]
        for m in module
        if hasattr(m, "weight")
    ]


def published(term: Any, states: Any) -> Any:
    """Equation 4 of Wan et al. 2023 in float64, with torch's GRU written out."""
    (w0, b0), (w1, b1) = layers(term.nets["features"].linear)
    e = np.maximum(states @ w0.T + b0, 0) @ w1.T + b1
    gru = {k: v.detach().double().numpy() for k, v in term.nets["trajectory"].named_parameters()}

    def turned(x: Any, h: Any) -> Any:
        i = np.split(gru["weight_ih"] @ x + gru["bias_ih"], 3)
        g = np.split(gru["weight_hh"] @ h + gru["bias_hh"], 3)
        r, u = (1 / (1 + np.exp(-(i[n] + g[n]))) for n in (0, 1))
        return (1 - u) * np.tanh(i[2] + r * g[2]) + u * h

    z = [np.zeros(term.latent)]  # z[i] is z_{i-1}
    paid = []
    for t in range(len(states) - 1):
        z.append(turned(e[t], z[-1]))
        ratios = [
            ((e[i] - e[t + 1]) ** 2).sum() / (np.linalg.norm(z[i] - z[t + 1]) + 1e-6)
            for i in range(t + 1)
        ]
        paid.append(min(ratios))
    return np.array(paid)


def test_it_is_the_published_formula(place: Any, step_of: Any) -> None:
    term = place(
        "deir(hidden=(8,), latent=4, warmup=0, normalize='none', normalize_obs=False)", num_envs=1
    )
    states = np.random.default_rng(0).normal(size=(40, 4))
    found = [term.step(step_of([a], [b]))[0] for a, b in pairwise(states)]
    np.testing.assert_allclose(found, published(term, states), rtol=1e-3)


def test_the_discriminator_learns_what_follows(place: Any, step_of: Any) -> None:
    """s_{t+1} is s_t + 1 where the action is 2; other rows' states rarely are."""
    term = place(
        "deir(hidden=(32,), latent=8, lr=0.01, update_every=64, batch_size=32, epochs=4, "
        "normalize='none')"
    )
    rng, losses = np.random.default_rng(0), []
    for _ in range(400):
        obs, action = rng.normal(size=(2, 4)), rng.integers(3, size=2)
        step = step_of(obs, obs + action[:, None] - 1, action)
        term.step(step)
        if len(term.pending) == 62:
            columns = term.pending.state_dict()
            losses.append(term.loss(term._tensors(columns)).item())
        term.update(step)
        term.reset(np.ones(2, dtype=bool))
    assert losses[0] > 0.6  # chance is log 2
    assert losses[-1] < 0.45


def test_false_states_that_are_true_teach_nothing(place: Any, step_of: Any) -> None:
    term = place(f"deir({SMALL}, normalize_obs=False)")
    step = step_of(np.zeros((2, 4)), np.ones((2, 4)), 1)
    term.step(step)
    batch = term._tensors(term._seen[0])
    now, after = term.nets["features"](batch.now), term.nets["features"](batch.next)
    trail = term.nets["trajectory"](now, torch.zeros(2, 4))
    reached = term.nets["trajectory"](after, trail)
    told = term.nets["discriminator"](torch.cat([trail, batch.action, reached], dim=1))[0, 0]
    expected = 0.5 * np.log1p(np.exp(-told.item()))  # half the cross-entropy of the true ones
    assert term.loss(batch).item() == pytest.approx(expected, rel=1e-5)


def test_new_places_are_paid_more_than_known_ones(place: Any, step_of: Any) -> None:
    term, rng = place(f"deir({SMALL})", num_envs=1), np.random.default_rng(0)
    places = rng.normal(size=(60, 1, 4))
    lived(term, [step_of(a, b) for a, b in pairwise(places)])
    again = term.step(step_of(places[-1], places[50]))[0]
    new = term.step(step_of(places[50], places[50] + 5))[0]
    assert again == pytest.approx(0.0, abs=1e-3)
    assert new > 0.1


def test_scaling_begins_with_rewards_of_rows_that_are_centred(place: Any, step_of: Any) -> None:
    """Not with those paid before the first statistics of observations, here far larger ones."""
    term = place("deir(hidden=(8,), latent=4, update_every=16, lr=1e-12)", num_envs=1)
    states = np.random.default_rng(0).normal(50.0, 100.0, size=(17, 4))
    lived(term, [step_of([a], [b]) for a, b in pairwise(states)])
    mean, deviation = states[1:].mean(axis=0), states[1:].std(axis=0)
    expected = published(term, np.clip((states - mean) / deviation, -5, 5))
    assert term.scaling.moments.count == 16
    assert term.scaling.moments.mean[0] == pytest.approx(expected.mean(), rel=1e-3)
    assert term.scaling.moments.variance[0] == pytest.approx(expected.var(), rel=1e-3)
    assert term.memory.filled.tolist() == [0]  # what it holds is of rows not yet centred
    assert not term.trails.any()


def test_a_full_memory_forgets_the_oldest(place: Any, step_of: Any) -> None:
    term = place(
        "deir(hidden=(), latent=4, capacity=3, warmup=0, normalize='none', normalize_obs=False)",
        num_envs=1,
    )
    states = np.random.default_rng(0).normal(size=(6, 4))
    paid = [term.step(step_of([a], [b]))[0] for a, b in pairwise(states[[0, 1, 2, 3, 2, 0]])]
    assert paid[3] == pytest.approx(0.0, abs=1e-6)  # s_2 is still there
    assert paid[4] > 1e-3  # s_0 is not
    assert term.memory.bytes_per_slot == 8 * 3 * 4


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_in_a_vector_env_trajectories_begin_anew_with_each_episode(mode: str) -> None:
    env = rewardsmith.make(
        "rewardsmith/Empty-5x5-v0",
        reward=f"env + deir(on=[agent_x, agent_y], normalize_obs=False, {SMALL})",
        num_envs=2,
        autoreset_mode=mode,
        max_episode_steps=9,
    )
    env.reset(seed=0)
    env.action_space.seed(0)
    term, paid, most = env.stack.entries[1].term, [], 0
    for _ in range(60):
        _, _, ended, cut, infos = env.step(env.action_space.sample())
        paid.append(infos["reward_terms"]["deir"])
        most = max(most, int(term.memory.filled.max()))
        assert not term.trails[torch.from_numpy(ended | cut)].any()
    assert np.isfinite(paid).all()
    assert np.max(paid) > 0
    assert most == 9  # s_0 and eight steps; the ninth ends the episode, and what it kept
    env.close()


def test_what_is_refused(place: Any) -> None:
    with pytest.raises(ConfigError, match="memory of deir is one of ring, reservoir"):
        place("deir(memory='rnig')")
    with pytest.raises(ConfigError, match="capacity of deir is a whole number >= 1"):
        place("deir(capacity=0)")
