"""Empowerment: bounds by hand, in float64, and against information that is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from gymnasium import spaces

import rewardsmith
from rewardsmith.errors import BindingError, ConfigError

SMALL = "hidden=(8,), latent=4, update_every=16, batch_size=8"
PLAIN = "hidden=(), latent=1, warmup=0, normalize_obs=False"
FAST = "hidden=(32,), latent=8, lr=0.01, update_every=64, batch_size=64, epochs=4"


def lived(term: Any, steps: Any) -> list[list[float]]:
    paid = []
    for step in steps:
        paid.append(term.step(step).tolist())
        term.update(step)
    return paid


def zeroed(term: Any) -> Any:
    with torch.no_grad():
        for weights in term.nets.parameters():
            weights.zero_()
        term.nets["features"].linear[0].weight.fill_(1.0)
    return term


def test_classes_by_hand(place: Any, step_of: Any) -> None:
    """In s_{t+1} = 1 the odds of the three actions are 1 : 1 : 2."""
    term = zeroed(place(f"empowerment(x, {PLAIN}, reference='uniform')", size=1))
    with torch.no_grad():
        term.nets["posterior"][0].weight[2, 1] = np.log(2)
    paid = term.step(step_of([[0.0], [0.0]], [[1.0], [1.0]], [2, 0]))
    np.testing.assert_allclose(paid, np.log([1.5, 0.75]), rtol=1e-5)  # q / w = (1/2) / (1/3), ...


def test_numbers_by_hand(place: Any, step_of: Any) -> None:
    """q is N(s_{t+1}, 1) of half the action; w has the density 1/2 on [-1, 1]."""
    term = zeroed(
        place(
            f"empowerment(x, {PLAIN}, reference='uniform')",
            num_envs=1, size=1, action_space=spaces.Box(-2.0, 2.0, (1,)),
        )
    )  # fmt: skip
    with torch.no_grad():
        term.nets["posterior"][0].weight[0, 1] = 1.0
    step = step_of([[0.0]], [[1.0]])
    step.action = np.array([[-1.0]], dtype=np.float32)
    expected = -0.5 * 1.5**2 - 0.5 * np.log(2 * np.pi) + np.log(2)
    assert term.step(step)[0] == pytest.approx(expected, rel=1e-5)


def output(layers: Any, x: Any) -> Any:
    layers = [m for m in layers if hasattr(m, "weight")]
    for i, layer in enumerate(layers):
        weight, bias = (p.detach().double().numpy() for p in (layer.weight, layer.bias))
        x = x @ weight.T + bias
        x = np.maximum(x, 0) if i + 1 < len(layers) else x
    return x


def test_it_is_the_published_formula(place: Any, walk: Any) -> None:
    """log q(a | s, s') - log w(a | s) in float64, after learning."""
    term, steps = place(f"empowerment({SMALL})"), walk(40)
    lived(term, steps)
    mean, deviation = term.obs_moments.mean, np.sqrt(term.obs_moments.variance)
    for step in steps[-5:]:
        now, after = (np.clip((x - mean) / deviation, -5, 5) for x in (step.obs, step.next_obs))
        f = [output(term.nets["features"].linear, x) for x in (now, after)]
        told = output(term.nets["posterior"], np.concatenate(f, axis=1))
        known = output(term.nets["reference"], output(term.nets["reference_features"].linear, now))
        rows = np.arange(2), step.action
        log_q, log_w = (x[rows] - np.log(np.exp(x).sum(axis=1)) for x in (told, known))
        np.testing.assert_allclose(term.relabel(step), log_q - log_w, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("reference", ["learned", "uniform"])
def test_it_finds_the_information_where_actions_matter(
    place: Any, step_of: Any, reference: str
) -> None:
    """Where y > 0 the action moves x: log 3 nats; elsewhere x moves by chance: none."""
    term, rng = place(f"empowerment({FAST}, reference='{reference}')"), np.random.default_rng(0)

    def drawn() -> Any:
        obs, action = rng.normal(size=(2, 4)), rng.integers(3, size=2)
        obs[:, 3] = rng.choice([-1.0, 1.0], size=2)
        after = obs.copy()
        after[:, 0] += np.where(obs[:, 3] > 0, action, rng.integers(3, size=2)) - 1
        return step_of(obs, after, action)

    lived(term, [drawn() for _ in range(1500)])
    steps = [drawn() for _ in range(300)]
    paid = np.concatenate([term.relabel(s) for s in steps])
    able = np.concatenate([s.obs[:, 3] > 0 for s in steps])
    assert paid[able].mean() == pytest.approx(np.log(3), abs=0.15)
    assert paid[~able].mean() == pytest.approx(0.0, abs=0.15)


@pytest.mark.parametrize("reference", ["learned", "uniform"])
def test_a_noisy_channel_of_numbers_is_bounded_by_its_capacity(
    place: Any, step_of: Any, reference: str
) -> None:
    """x' = a + noise, a uniform on [-1, 1]: less than 1/2 log(1 + signal / noise) nats."""
    box = spaces.Box(-1.0, 1.0, (1,))
    term = place(f"empowerment({FAST}, reference='{reference}')", action_space=box)
    rng, deviation = np.random.default_rng(0), 0.1

    def drawn() -> Any:
        obs, action = rng.normal(size=(2, 4)), rng.uniform(-1, 1, size=(2, 1))
        after = rng.normal(size=(2, 4))
        after[:, :1] = action + deviation * rng.normal(size=(2, 1))
        step = step_of(obs, after)
        step.action = action.astype(np.float32)
        return step

    lived(term, [drawn() for _ in range(1500)])
    found = np.mean([term.relabel(drawn()) for _ in range(300)])
    capacity = 0.5 * np.log(1 + (1 / 3) / deviation**2)
    over = 0.25 if reference == "learned" else 0.1  # a Gaussian w is not the uniform policy
    assert 0.6 * capacity < found < capacity + over


def test_evaluation_moves_nothing_and_stored_steps_are_paid_anew(place: Any, walk: Any) -> None:
    term, steps = place(f"empowerment({SMALL})"), walk(40)
    lived(term, steps[:20])
    first = [term.step(s).tolist() for s in steps]
    assert [term.step(s).tolist() for s in steps] == first
    assert [term.relabel(s).tolist() for s in steps] == first
    assert np.ptp(first) > 0
    assert not term.remembers


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
@pytest.mark.parametrize("env_id", ["Empty-5x5", "Pendulum"])
def test_it_runs_in_vector_envs(mode: str, env_id: str) -> None:
    known = {"Empty-5x5": "rewardsmith/Empty-5x5-v0", "Pendulum": "Pendulum-v1"}
    env = rewardsmith.make(
        known[env_id],
        reward=f"env + empowerment(reference='uniform', {SMALL})",
        num_envs=2,
        autoreset_mode=mode,
        max_episode_steps=9,
    )
    env.reset(seed=0)
    env.action_space.seed(0)
    steps = [env.step(env.action_space.sample())[4]["reward_terms"] for _ in range(40)]
    paid = [s["empowerment"] for s in steps]
    assert np.isfinite(paid).all()
    assert np.ptp(paid) > 0
    assert env.stack.entries[1].term.rows == (80 if mode == "SameStep" else 72)
    env.close()


def test_what_is_refused(place: Any) -> None:
    with pytest.raises(ConfigError, match=r"one of learned, uniform. Received 'unifrom'.*Did you"):
        place("empowerment(reference='unifrom')")
    with pytest.raises(BindingError, match="is for Discrete and Box actions"):
        place("empowerment()", action_space=spaces.MultiDiscrete([2, 2]))
    unbounded = spaces.Box(-np.inf, np.inf, (1,))
    with pytest.raises(BindingError, match="write reference='learned'"):
        place("empowerment(reference='uniform')", action_space=unbounded)
