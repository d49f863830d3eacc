from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

import rewardsmith
from rewardsmith.errors import BindingError, ConfigError, ContractError
from rewardsmith.rewards.intrinsic.projection import Projection
from rewardsmith.storage import load_state, save_state


def lived(term: Any, steps: Any) -> list[list[float]]:
    paid = []
    for step in steps:
        paid.append(term.step(step).tolist())
        term.update(step)
    return paid


def test_neighbours_by_hand(place: Any, step_of: Any) -> None:
    term = place(
        "pseudo_count(x, k=2, epsilon=0.5, cluster=0.25, c=0.5, most=1.6)", num_envs=1, size=1
    )
    # From 0 to 2: d^2 = 4 = d_m^2, so K = .5 / (.75 + .5) = .4.
    first = step_of([[0.0]], [[2.0]])
    assert term.step(first)[0] == pytest.approx(1 / (0.4**0.5 + 0.5))
    term.update(first)  # d_m^2 = 4
    # To 1: 0 and 2 lie at d^2 = 1, which is within the cluster: K = 1 twice; 1.91 > most
    assert term.step(step_of([[2.0]], [[1.0]])).tolist() == [0.0]
    # To 5: nearest are 2 (9) and 1 (16): K = .5 / (2 + .5) and .5 / (3.75 + .5)
    found = term.step(step_of([[1.0]], [[5.0]]))[0]
    assert found == pytest.approx(1 / ((0.2 + 0.5 / 4.25) ** 0.5 + 0.5))


def published(episodes: Any, k: int, epsilon: float, cluster: float, c: float, most: float) -> Any:
    """Algorithm 1 of Badia et al. 2020 in float64, over episodes of one slot."""
    seen: list[float] = []
    paid = []
    for states in episodes:
        for t in range(1, len(states)):
            d = np.sort(((states[:t] - states[t]) ** 2).sum(axis=1))[:k]
            mean = np.mean(seen) if seen else d.mean()
            similar = np.sqrt((epsilon / (np.maximum(d / mean - cluster, 0) + epsilon)).sum()) + c
            paid.append(0.0 if similar > most else 1 / similar)
            seen += d.tolist()
    return np.array(paid)


def test_it_is_the_published_algorithm(place: Any, step_of: Any) -> None:
    rng = np.random.default_rng(0)
    episodes = [rng.normal(size=(n, 4)).astype(np.float32).astype(float) for n in (40, 25, 3)]
    episodes[0][20:25] = episodes[0][19]  # some states again
    term = place("pseudo_count(k=4, most=1.5)", num_envs=1)
    found = []
    for states in episodes:
        for t in range(1, len(states)):
            step = step_of(states[[t - 1]], states[[t]])
            found.append(term.step(step)[0])
            term.update(step)
        term.reset(np.ones(1, dtype=bool))
    expected = published(episodes, 4, 1e-3, 0.008, 1e-3, 1.5)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert (expected == 0).sum() > 0


def test_slots_are_paid_alike_alone_and_together(place: Any, walk: Any) -> None:
    steps = walk(30, num_envs=3)
    together, apart = place("pseudo_count()", 3), place("pseudo_count()", 3)
    for term in (together, apart):
        term.scale.add(torch.tensor([1.0]))
    for step in steps:
        expected = together.step(step)
        for rows in ([2, 0], [1]):
            part = step.select(rows)
            part.env_index = np.array(rows)
            np.testing.assert_allclose(apart.step(part), expected[rows], rtol=1e-5)


def test_new_places_are_paid_more_than_known_ones(place: Any, step_of: Any) -> None:
    term, rng = place("pseudo_count()", num_envs=1), np.random.default_rng(0)
    places = rng.normal(size=(60, 1, 4))
    for before, after in pairwise(places):
        step = step_of(before, after)
        term.step(step)
        term.update(step)
    again = term.step(step_of(places[-1], places[10]))[0]
    new = term.step(step_of(places[-1], places[10] + 5))[0]
    assert again < 1.0  # one equal state at least
    assert new > 5 * again


def test_evaluation_moves_nothing_but_the_episodes(place: Any, walk: Any) -> None:
    term, steps = place("pseudo_count()"), walk(40)
    lived(term, steps[:20])
    before = term.state_dict()["scale"]
    for _ in range(2):
        for step in steps[20:]:
            term.step(step)
        term.reset(np.array([True, True]))
    assert term.state_dict()["scale"] == before
    assert term.memory.filled.tolist() == [0, 0]


@pytest.mark.parametrize("options", ["", "projection=3", "memory='reservoir', capacity=9"])
def test_a_resumed_term_goes_on_bit_by_bit(
    place: Any, walk: Any, tmp_path: Any, options: str
) -> None:
    formula, steps = f"pseudo_count({options})", walk(60)
    whole, half, rest = place(formula), place(formula), place(formula)
    expected = lived(whole, steps)
    found = lived(half, steps[:29])
    save_state(tmp_path / "state.npz", half.state_dict())
    rest.load_state_dict(load_state(tmp_path / "state.npz"))
    assert found + lived(rest, steps[29:]) == expected
    for other in ("pseudo_count(capacity=8)", "pseudo_count(projection=2)", "pseudo_count(x)"):
        with pytest.raises(ConfigError, match=r"pseudo_count.*build it with"):
            place(other).load_state_dict(half.state_dict())
    with pytest.raises(ConfigError, match="build it with the envs"):
        place(formula, num_envs=3).load_state_dict(half.state_dict())


def test_a_projection_keeps_distances() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(2, 500, 1000)).astype(np.float32)
    project = Projection(1000, 200, seed=1)
    before = ((one - other) ** 2).sum(axis=1)
    after = ((project(one) - project(other)) ** 2).sum(axis=1)
    ratio = after / before
    assert ratio.mean() == pytest.approx(1.0, abs=0.03)
    assert ratio.std() == pytest.approx(0.1, abs=0.02)  # sqrt(2 / 200)


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_in_a_vector_env_it_stays_within_its_bounds(mode: str) -> None:
    env = rewardsmith.make(
        "rewardsmith/Empty-5x5-v0",
        reward="env + pseudo_count(on=[agent_x, agent_y], capacity=6)",
        num_envs=2,
        autoreset_mode=mode,
        max_episode_steps=9,
    )
    env.reset(seed=0)
    env.action_space.seed(0)
    infos = [env.step(env.action_space.sample())[4] for _ in range(60)]
    paid = [info["reward_terms"]["pseudo_count"] for info in infos]
    assert 0 <= np.min(paid) < np.max(paid) <= 1000
    term = env.stack.entries[1].term
    assert term.memory.rows.numel() * 4 == 2 * term.memory.bytes_per_slot == 2 * 6 * 2 * 4
    env.close()


def test_what_is_refused(place: Any, step_of: Any) -> None:
    for wrong, words in {
        "memory='rnig'": "memory of pseudo_count is one of ring, reservoir",
        "k=0": "k of pseudo_count is a whole number >= 1",
        "epsilon=0": "epsilon of pseudo_count is a finite number > 0",
        "projection=0": "projection of pseudo_count is a whole number >= 1",
    }.items():
        with pytest.raises(ConfigError, match=words):
            place(f"pseudo_count(x, {wrong})")
    term = place("pseudo_count()")
    with pytest.raises(ContractError, match=r"pseudo_count\(\).*Received nan"):
        term.step(step_of(np.zeros((2, 4)), np.full((2, 4), np.nan)))
    with pytest.raises(BindingError, match="single stored steps cannot"):
        term.relabel(step_of(np.zeros((2, 4)), np.ones((2, 4))))


@pytest.mark.parametrize("options", ["", "k=3, capacity=8", "projection=3"])
def test_numbers_whose_squares_leave_float32_are_paid_as_small_ones(
    place: Any, walk: Any, options: str
) -> None:
    """d^2 / d_m^2 knows no unit: rows times 1e30 are paid the same."""
    small, large = place(f"pseudo_count({options})"), place(f"pseudo_count({options})")
    steps, scaled = walk(40), walk(40)
    for step in scaled:
        step.obs, step.next_obs = step.obs * 1e30, step.next_obs * 1e30
    expected = lived(small, steps)
    np.testing.assert_allclose(lived(large, scaled), expected, rtol=1e-4)
    assert len(np.unique(np.round(expected, 3))) > 50
    assert large.scale.mean == pytest.approx(small.scale.mean * 1e60, rel=1e-5)


def test_distances_of_both_kinds_stand_beside_each_other(place: Any, step_of: Any) -> None:
    """One neighbour at 1 and one at 1e30: K = 1 for the near one, beside d_m^2 = 1e60 / 2."""
    term = place("pseudo_count(x, k=2, cluster=0, epsilon=0.5, c=0.5)", num_envs=1, size=1)
    term.step(step_of([[0.0]], [[1e30]]))
    found = term.step(step_of([[1e30]], [[1.0]]))[0]
    assert found == pytest.approx(1 / ((1 + 0.5 / (2 + 0.5)) ** 0.5 + 0.5))
