"""NGU: the published algorithm in float64, the modulator by hand, memories of slots."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

import rewardsmith
from rewardsmith.errors import ConfigError

SMALL = "hidden=(8,), latent=4, update_every=16, batch_size=8"
PLAIN = "hidden=(), latent=1, warmup=0, normalize='none', normalize_obs=False"


def lived(term: Any, steps: Any) -> list[list[float]]:
    paid = []
    for step in steps:
        paid.append(term.step(step).tolist())
        term.update(step)
    return paid


def output(net: Any, x: Any) -> Any:
    """A network of linear layers with ReLU between them, in float64."""
    layers = [m for m in net.linear if hasattr(m, "weight")]
    for i, layer in enumerate(layers):
        weight, bias = (p.detach().double().numpy() for p in (layer.weight, layer.bias))
        x = x @ weight.T + bias
        x = np.maximum(x, 0) if i + 1 < len(layers) else x
    return x


def by_hand(place: Any, **options: Any) -> Any:
    """f(s) = x; the error of rnd is x^2 as well."""
    more = "".join(f", {k}={v!r}" for k, v in options.items())
    term = place(f"ngu(x, {PLAIN}{more})", num_envs=1, size=1)
    with torch.no_grad():
        term.nets["features"].linear[0].weight.fill_(1.0)
        term.nets["target"].linear[0].weight.fill_(0.0)
        for layer in (term.nets["predictor"].linear[0], term.nets["predictor"].linear[-1]):
            layer.weight.fill_(1.0)
    return term


def test_both_factors_by_hand(place: Any, step_of: Any) -> None:
    term = by_hand(place, k=2, epsilon=0.5, cluster=0.25, c=0.5, most_modulator=3.0)
    # From 0 to 2: d^2 = 4 = d_m^2, so K = .5 / (.75 + .5) = .4; no errors are known yet.
    first = step_of([[0.0]], [[2.0]])
    assert term.step(first)[0] == pytest.approx(1 / (0.4**0.5 + 0.5))
    term.update(first)  # d_m^2 = 4, e = 4
    second = step_of([[2.0]], [[0.0]])
    # To 0: s_0 is the same (K = 1), 2 lies at d_m (.4); one error has no deviation
    assert term.step(second)[0] == pytest.approx(1 / (1.4**0.5 + 0.5))
    term.update(second)  # d_m^2 = (4 + 0 + 4) / 3, e: 4 and 0, mean 2, deviation 2
    # To 4: at 2 and 4 from the nearest: d^2 / d_m^2 = 1.5 and 6; e = 16: alpha = 1 + 7 > L
    episodic = 1 / ((0.5 / 1.75 + 0.5 / 6.25) ** 0.5 + 0.5)
    assert term.step(step_of([[0.0]], [[4.0]]))[0] == pytest.approx(3 * episodic, rel=1e-5)
    # e = 5: alpha = 1 + 1.5, within the limits; e = 0 would be 1 + -1, paid as 1
    np.testing.assert_allclose(term.modulator(np.array([5.0, 0.0])), [2.5, 1.0])


def published(term: Any, episodes: Any, *, k: int, most: float) -> Any:
    """Equation 1 and algorithm 1 of Badia et al. 2020 in float64."""
    distances: list[float] = []
    errors: list[float] = []
    paid = []
    for states in episodes:
        f = output(term.nets["features"], states)
        e = output(term.nets["predictor"], states) - output(term.nets["target"], states)
        for t in range(1, len(states)):
            near = np.sort(((f[:t] - f[t]) ** 2).sum(axis=1))[:k]
            mean = np.mean(distances) if distances else near.mean()
            d = np.maximum(near / mean - 0.008, 0)
            similar = np.sqrt((1e-3 / (d + 1e-3)).sum()) + 1e-3
            error = (e[t] ** 2).mean()
            alpha = 1 + (error - np.mean(errors)) / np.std(errors) if len(errors) > 1 else 1.0
            paid.append((0.0 if similar > most else 1 / similar) * min(max(alpha, 1.0), 5.0))
            distances += near.tolist()
            errors.append(error)
    return np.array(paid)


def test_it_is_the_published_algorithm(place: Any, step_of: Any) -> None:
    rng = np.random.default_rng(0)
    episodes = [rng.normal(size=(n, 4)).astype(np.float32).astype(float) for n in (40, 25, 3)]
    episodes[0][20:25] = episodes[0][19]  # some states again
    term = place(
        "ngu(hidden=(8,), latent=4, k=4, most=1.5, warmup=0, normalize='none', "
        "normalize_obs=False)",
        num_envs=1,
    )  # 1024 rows to an update: it does not learn meanwhile
    found = []
    for states in episodes:
        for a, b in pairwise(states):
            step = step_of([a], [b])
            found.append(term.step(step)[0])
            term.update(step)
        term.reset(np.ones(1, dtype=bool))
    expected = published(term, episodes, k=4, most=1.5)
    np.testing.assert_allclose(found, expected, rtol=1e-3)
    assert (expected == 0).sum() > 0


def test_features_learn_the_action_and_rnd_what_was_seen(place: Any, step_of: Any) -> None:
    term = place(
        "ngu(hidden=(32,), latent=8, lr=0.01, update_every=64, batch_size=32, epochs=4, "
        "normalize='none')"
    )
    rng, errors, right = np.random.default_rng(0), [], []
    for _ in range(300):
        obs, after = rng.normal(size=(2, 2, 4))
        action = rng.integers(3, size=2)
        after[:, 0] = obs[:, 0] + action - 1
        step = step_of(obs, after, action)
        term.step(step)
        errors.append(float(term._seen[0]["error"].mean()))
        batch = term._tensors(term._seen[0])
        both = torch.cat([term.nets["features"](x) for x in (batch.now, batch.next)], dim=1)
        right.append(float(np.mean(term.nets["inverse"](both).argmax(dim=1).numpy() == action)))
        term.update(step)
        term.reset(np.ones(2, dtype=bool))
    assert np.mean(right[-100:]) > 0.85 > np.mean(right[:32]) + 0.2
    assert np.mean(errors[-100:]) < 0.3 * np.mean(errors[32:64])


def test_new_places_are_paid_more_than_known_ones(place: Any, step_of: Any) -> None:
    term, rng = place(f"ngu({SMALL})", num_envs=1), np.random.default_rng(0)
    places = rng.normal(size=(60, 1, 4))
    lived(term, [step_of(a, b) for a, b in pairwise(places)])
    again = term.step(step_of(places[-1], places[50]))[0]
    new = term.step(step_of(places[-1], places[50] + 5))[0]
    assert new > 5 * again


def test_the_first_statistics_of_observations_empty_memories_once(place: Any, walk: Any) -> None:
    term, steps = place(f"ngu({SMALL}, warmup=0)"), walk(40)
    lived(term, steps[:7])
    assert term.memory.filled.tolist() == [8, 8]
    assert term.errors.count == 14
    lived(term, steps[7:8])
    assert term.memory.filled.tolist() == [0, 0]
    assert term.errors.count == term.distances.count == 0
    lived(term, steps[8:16])  # the second update
    assert term.memory.filled.tolist() == [9, 9]
    assert term.errors.count == 16


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_in_a_vector_env_a_memory_holds_one_episode(mode: str) -> None:
    env = rewardsmith.make(
        "rewardsmith/Empty-5x5-v0",
        reward=f"env + ngu(on=[agent_x, agent_y], normalize_obs=False, capacity=100, {SMALL})",
        num_envs=2,
        autoreset_mode=mode,
        max_episode_steps=9,
    )
    env.reset(seed=0)
    env.action_space.seed(0)
    paid, most = [], 0
    for _ in range(60):
        paid.append(env.step(env.action_space.sample())[4]["reward_terms"]["ngu"])
        most = max(most, int(env.stack.entries[1].term.memory.filled.max()))
    assert np.isfinite(paid).all()
    assert np.max(paid) > 0
    assert most == 9  # s_0 and eight steps; the ninth ends the episode, and what it kept
    env.close()


def test_what_is_refused(place: Any) -> None:
    for wrong, words in {
        "memory='rnig'": "memory of ngu is one of ring, reservoir",
        "k=0": "k of ngu is a whole number >= 1",
        "most_modulator=0.5": "most_modulator of ngu is a finite number >= 1",
    }.items():
        with pytest.raises(ConfigError, match=words):
            place(f"ngu({wrong})")
    assert place("ngu()").memory.bytes_per_slot == 128_000
