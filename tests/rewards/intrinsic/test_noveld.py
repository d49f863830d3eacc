"""NovelD: differences of novelty by hand, in float64 and in vector envs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

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


def by_hand(place: Any, options: str = "") -> Any:
    """novelty(s) = |x_1|: target 0, predictor x_1 (two layers, relu(x) - relu(-x))."""
    term = place(f"noveld(hidden=(2,), latent=1, {BARE}{options})", num_envs=1, size=2)
    target, predictor = (term.nets[name].linear for name in ("target", "predictor"))
    with torch.no_grad():
        target[-1].weight.zero_()
        predictor[0].weight[:] = torch.tensor([[1.0, 0.0], [-1.0, 0.0]])
        predictor[2].weight[:] = torch.eye(2)
        predictor[4].weight[:] = torch.tensor([[1.0, -1.0]])
    return term


WALK = [[2.0, 0.0], [5.0, 0.0], [1.0, 0.0], [5.0, 0.0], [-6.0, 0.0], [2.0, 0.0], [-6.0, 1.0]]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        # 5 - 2/2; 1 - 5/2 < 0; again in (5, 0); 6 - 5/2; s_0 again; (-6, 1) is new: 6 - 2/2
        ("", [4.0, 0.0, 0.0, 3.5, 0.0, 5.0]),
        # without the restriction, (5, 0) again: 5 - 1/2
        (", first_visits=False", [4.0, 0.0, 4.5, 3.5, 0.0, 5.0]),
        (", alpha=0.0", [5.0, 1.0, 0.0, 6.0, 0.0, 6.0]),
    ],
)
def test_reward_by_hand(place: Any, step_of: Any, options: str, expected: Any) -> None:
    term = by_hand(place, options)
    paid = [term.step(step_of([a], [b]))[0] for a, b in pairwise(WALK)]
    np.testing.assert_allclose(paid, expected, rtol=1e-6)
    term.reset(np.array([True]))
    assert term.step(step_of([WALK[0]], [WALK[1]]))[0] == pytest.approx(expected[0])


def outputs(net: Any, x: Any) -> Any:
    layers = [m for m in net.linear if hasattr(m, "weight")]
    for i, layer in enumerate(layers):
        x = x @ layer.weight.detach().double().numpy().T + layer.bias.detach().double().numpy()
        x = np.maximum(x, 0) if i + 1 < len(layers) else x
    return x


def test_it_is_the_published_formula(place: Any, step_of: Any) -> None:
    """Section 3 in float64 NumPy, with states that come again, after learning."""
    term = place(f"noveld({SMALL}, normalize='none', alpha=0.7, epochs=2)", num_envs=1)
    rng = np.random.default_rng(0)
    rooms = rng.normal(2.0, 3.0, size=(9, 4))
    path = rng.integers(9, size=60)
    lived(term, [step_of(rooms[[a]], rooms[[b]]) for a, b in pairwise(path)])
    mean, deviation = term.obs_moments.mean, np.sqrt(term.obs_moments.variance + 1e-6)
    x = np.clip((rooms - mean) / deviation, -5, 5)
    away = outputs(term.nets["predictor"], x) - outputs(term.nets["target"], x)
    novelty = np.linalg.norm(away, axis=1)
    paid, expected = [], []
    for start in range(0, 50, 5):  # ten episodes
        term.reset(np.array([True]))
        seen = {int(path[start])}
        for a, b in pairwise(path[start : start + 6].tolist()):
            gained = max(novelty[b] - 0.7 * novelty[a], 0) * (b not in seen) / np.sqrt(4)
            seen.add(b)
            expected.append(gained)
            paid.append(term.step(step_of(rooms[[a]], rooms[[b]]))[0])
    np.testing.assert_allclose(paid, expected, rtol=1e-4, atol=1e-5)
    assert 0 < np.count_nonzero(expected) < len(expected)


def test_only_the_border_of_what_is_known_is_paid(place: Any, step_of: Any) -> None:
    rng = np.random.default_rng(0)
    term = place("noveld(update_every=64, batch_size=32, epochs=4, normalize='none')")
    for _ in range(300):
        obs = rng.normal(size=(2, 4))
        step = step_of(obs, obs + 0.1)
        term.step(step)
        term.update(step)

    def mean(at: float, after: float) -> float:
        """Of fresh episodes that go from around `at` to around `after`, deviations from 0."""
        paid = []
        for obs in np.random.default_rng(1).normal(size=(50, 2, 4)):
            term.reset(np.ones(2, dtype=bool))
            paid.append(term.step(step_of(obs + at, obs[:, ::-1] + after)).mean())
        return float(np.mean(paid))

    crossing = mean(0.0, 4.0)
    assert crossing > 3 * mean(0.0, 0.0)  # within
    assert crossing > 1.5 * mean(4.0, 4.0)  # beyond
    assert mean(4.0, 0.0) < 0.05 * crossing  # back


@pytest.mark.parametrize("mode", ["NextStep", "SameStep", "Disabled"])
def test_in_a_vector_env_visits_begin_anew_with_each_episode(mode: str) -> None:
    """The same actions in every episode are paid the same in every episode."""
    reward = f"env + noveld(on=[agent_x, agent_y], alpha=0.0, lr=1e-12, {SMALL}, {BARE})"
    env = rewardsmith.make(
        "rewardsmith/Empty-5x5-v0",
        reward=reward,
        num_envs=2,
        autoreset_mode=mode,
        max_episode_steps=5,
    )
    env.reset(seed=0)
    actions = [2, 0, 2, 1, 2]  # forward, left, against the wall, right, forward
    episodes = []
    for _ in range(3):
        paid = [env.step(np.array([a, a]))[4]["reward_terms"]["noveld"] for a in actions]
        episodes.append(np.array(paid))
        if mode == "NextStep":
            env.step(np.array([0, 0]))
        elif mode == "Disabled":
            env.reset(options={"reset_mask": np.array([True, True])})
    env.close()
    for paid in episodes:
        assert ((paid > 0).T == [True, False, False, False, True]).all()
        np.testing.assert_allclose(paid, episodes[0], rtol=1e-4)


def test_what_is_refused(place: Any) -> None:
    with pytest.raises(ConfigError, match="alpha of noveld"):
        place("noveld(alpha=-1)")
    with pytest.raises(ConfigError, match="capacity of noveld is a whole number >= 1"):
        place("noveld(capacity=0)")
