"""RE3: distances to recent states by hand, in float64 and in vector envs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import rewardsmith
from rewardsmith.errors import ConfigError
from rewardsmith.rewards.intrinsic.neighbours import Neighbours

SMALL = "hidden=(8,), latent=4, update_every=16, capacity=30"
BARE = "warmup=0, normalize='none', normalize_obs=False"


def lived(term: Any, steps: Any) -> list[list[float]]:
    paid = []
    for step in steps:
        paid.append(term.step(step).tolist())
        term.update(step)
    return paid


def by_hand(place: Any, options: str) -> Any:
    """f(x) = x."""
    term = place(f"re3(hidden=(), latent=2, {BARE}, {options})", num_envs=1, size=2)
    with torch.no_grad():
        term.nets["encoder"].linear[0].weight[:] = torch.eye(2)
    return term


def test_reward_by_hand(place: Any, step_of: Any) -> None:
    """Nothing before the ring holds two; then by Pythagoras, and a full ring forgets."""
    term = by_hand(place, "k=2, capacity=2")
    places = [[0.0, 0.0], [3.0, 4.0], [0.0, 0.0], [0.0, 0.0]]
    steps = [step_of([[9.0, 9.0]], [p]) for p in places]
    paid = [row[0] for row in lived(term, steps)]
    # the second nearest: none; none; (3, 4), 5 away; ring (0, 0), (3, 4) again: 5 away
    np.testing.assert_allclose(paid, [0, 0, np.log(6), np.log(6)], rtol=1e-6)
    assert term.step(steps[0])[0] == 0  # the ring is (0, 0) twice


def test_the_mean_over_k_by_hand(place: Any, step_of: Any) -> None:
    term = by_hand(place, "k=2, average_k=True")
    lived(term, [step_of([[0.0, 0.0]], [p]) for p in ([0.0, 1.0], [0.0, 3.0], [0.0, 99.0])])
    paid = term.step(step_of([[0.0, 0.0]], [[0.0, 0.0]]))[0]
    assert paid == pytest.approx((np.log(2) + np.log(4)) / 2, rel=1e-6)


@pytest.mark.parametrize("average", [False, True])
def test_it_is_the_published_formula(place: Any, step_of: Any, average: bool) -> None:
    """Section 3.2 in float64 NumPy, with the last 50 of 120 rows."""
    term = place(f"re3(hidden=(8,), latent=4, k=3, capacity=50, average_k={average}, {BARE})")
    rows = np.random.default_rng(0).normal(size=(60, 2, 4))
    lived(term, [step_of(r, r) for r in rows])
    layers = [m for m in term.nets["encoder"].linear if hasattr(m, "weight")]
    (w, b), (v, c) = (
        (m.weight.detach().double().numpy(), m.bias.detach().double().numpy()) for m in layers
    )

    def encoded(x: Any) -> Any:
        return np.maximum(x @ w.T + b, 0) @ v.T + c

    ring, asked = encoded(rows.reshape(-1, 4)[-50:]), np.random.default_rng(1).normal(size=(2, 4))
    distances = np.sort(np.linalg.norm(encoded(asked)[:, None] - ring, axis=2), axis=1)[:, :3]
    gains = np.log(distances + 1)
    expected = gains.mean(axis=1) if average else gains[:, 2]
    np.testing.assert_allclose(term.step(step_of(asked, asked)), expected, rtol=1e-5)


def test_candidates_are_the_nearest_rows_though_far_from_0() -> None:
    """Beside distances in float64; rows that wrap around the end of the ring."""
    ring, rng = Neighbours(40, 16), np.random.default_rng(0)
    rows = (20 + rng.normal(size=(105, 16))).astype(np.float32)
    for part in np.split(rows, [7, 30, 38, 61, 100]):
        ring.add(torch.from_numpy(part))
    asked = (20 + rng.normal(size=(25, 16))).astype(np.float32)
    apart = asked.astype(float)[:, None] - rows[-40:].astype(float)
    expected = np.sort(np.linalg.norm(apart, axis=2), axis=1)[:, :5]
    np.testing.assert_allclose(ring.nearest(torch.from_numpy(asked), 5), expected, rtol=1e-5)
    assert ring.bytes == 4 * (ring.rows.numel() + 40)


def test_what_is_seen_often_is_paid_less_than_what_is_not(place: Any, step_of: Any) -> None:
    rng = np.random.default_rng(0)
    term = place("re3(update_every=64, normalize='none')")
    for _ in range(300):
        obs = rng.normal(size=(2, 4))
        step = step_of(obs, obs)
        term.step(step)
        term.update(step)
    seen = rng.normal(size=(64, 4))
    familiar = term.relabel(step_of(seen, seen)).mean()
    novel = term.relabel(step_of(seen, 4 + 3 * seen)).mean()
    assert novel > 1.5 * familiar


def test_the_scale_begins_with_a_filled_ring_of_centred_rows(place: Any, step_of: Any) -> None:
    """Rows around 1000: after the first statistics the reward's deviation is near 1."""
    term = place("re3(hidden=(8,), latent=4, update_every=200, capacity=100)")
    rows = 1000 + np.random.default_rng(0).normal(size=(300, 2, 4))
    paid = np.array(lived(term, [step_of(r, r) for r in rows]))
    assert (paid[:100] == 0).all()
    assert 0.5 < paid[100:].std() < 2
    assert paid[100:102].max() < 20


def test_relabelled_is_online_and_only_update_learns(place: Any, walk: Any) -> None:
    term, steps = place(f"re3({SMALL})"), walk(40)
    lived(term, steps[:20])
    first = [term.step(s).tolist() for s in steps]
    assert max(map(max, first)) > 0
    assert [term.step(s).tolist() for s in steps] == first
    assert [term.relabel(s).tolist() for s in steps] == first
    together = term.relabel(rewardsmith.transition.stack(steps))
    np.testing.assert_allclose(together, np.concatenate(first), rtol=1e-5, atol=1e-7)


def test_relabelling_between_step_and_update_changes_nothing(place: Any, walk: Any) -> None:
    """A replay buffer samples in between; other rows of the same number."""
    alone, disturbed, steps = place(f"re3({SMALL})"), place(f"re3({SMALL})"), walk(40)
    for step in steps:
        expected = alone.step(step)
        alone.update(step)
        np.testing.assert_array_equal(disturbed.step(step), expected)
        disturbed.relabel(steps[3])
        disturbed.update(step)


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_in_a_vector_env_the_ring_holds_true_states_alone(mode: str) -> None:
    """The final state of an episode is in it, the row of a NEXT_STEP reset is not."""
    env = rewardsmith.make(
        "rewardsmith/Empty-5x5-v0",
        reward="env + re3(on=[agent_x, agent_y], hidden=(), latent=2, normalize_obs=False)",
        num_envs=2,
        autoreset_mode=mode,
        max_episode_steps=9,
    )
    env.reset(seed=0)
    env.action_space.seed(0)
    term = env.stack.entries[1].term
    with torch.no_grad():
        term.nets["encoder"].linear[0].weight[:] = torch.eye(2)
    for _ in range(20):
        env.step(env.action_space.sample())
    env.close()
    # NEXT_STEP spends steps 10 and 20 on resets.
    assert term.ring.held == 2 * (20 if mode == "SameStep" else 18)
    assert set(term.ring.rows[: term.ring.held].flatten().tolist()) <= {1.0, 2.0, 3.0}


def test_what_is_refused(place: Any) -> None:
    with pytest.raises(ConfigError, match="capacity of re3 is a whole number >= 3"):
        place("re3(capacity=2)")
    with pytest.raises(ConfigError, match="k of re3"):
        place("re3(k=0)")
    state = place(f"re3({SMALL})").state_dict()
    with pytest.raises(ConfigError, match=r"ring of as many rows.*Received \(30, 4\)"):
        place(f"re3({SMALL.replace('30', '31')})").load_state_dict(state)
