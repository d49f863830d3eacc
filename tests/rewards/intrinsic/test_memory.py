from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.intrinsic.memory import (
    EpisodicMemory,
    RunningScale,
    kernel_novelty,
    kernel_visits,
)


def held(memory: EpisodicMemory, slot: int) -> list[float]:
    return sorted(memory.rows[slot, : memory.filled[slot], 0].tolist())


def filled(kind: str, rows: int, *, slots: int = 1, seed: int = 0) -> EpisodicMemory:
    memory = EpisodicMemory(slots, 4, 1, kind=kind, seed=seed)
    for i in range(rows):
        memory.add(np.full((slots, 1), float(i)), np.arange(slots))
    return memory


def test_a_ring_forgets_the_oldest() -> None:
    assert held(filled("ring", 3), 0) == [0, 1, 2]
    assert held(filled("ring", 6), 0) == [2, 3, 4, 5]


def test_a_reservoir_keeps_every_row_with_the_same_chance() -> None:
    # 4 of 10 rows stay: each with chance 0.4; 4,000 slots give a deviation of 0.0077.
    memory = filled("reservoir", 10, slots=4000)
    assert memory.filled.tolist() == [4] * 4000
    kept = np.bincount(memory.rows[:, :, 0].long().ravel().numpy(), minlength=10) / 4000
    assert kept.sum() == pytest.approx(4.0)
    np.testing.assert_allclose(kept, 0.4, atol=5 * 0.0077)
    memory.reset(np.ones(4000, dtype=bool))
    first = memory.rows.clone()
    for i in range(10):
        memory.add(np.full((4000, 1), float(i)), np.arange(4000))
    assert not torch.equal(first, memory.rows)  # another episode, other draws


@pytest.mark.parametrize("kind", ["ring", "reservoir"])
def test_neither_batches_nor_the_order_of_slots_matter(kind: str) -> None:
    rng = np.random.default_rng(0)
    together, apart = (EpisodicMemory(3, 5, 2, kind=kind, seed=3) for _ in range(2))
    for _ in range(20):
        rows = rng.normal(size=(3, 2))
        together.add(rows, np.arange(3))
        for i in (2, 0, 1):
            apart.add(rows[[i]], np.array([i]))
    assert torch.equal(together.rows, apart.rows)
    asked = rng.normal(size=(3, 2))
    lone = torch.cat([apart.nearest(asked[[i]], [i], 3) for i in range(3)])
    torch.testing.assert_close(together.nearest(asked, np.arange(3), 3), lone)


@pytest.mark.parametrize("slots", [[0, 1, 2], [2, 0], [1, 1, 1, 0]])
def test_nearest_is_that_of_numpy(slots: list[int]) -> None:
    rng = np.random.default_rng(1)
    memory, rows = EpisodicMemory(3, 20, 6), rng.normal(size=(3, 20, 6)).astype(np.float32)
    counts = [20, 7, 2]
    for slot, count in enumerate(counts):
        for row in rows[slot, :count]:
            memory.add(row[None], [slot])
    asked = rng.normal(size=(len(slots), 6)).astype(np.float32)
    found = memory.nearest(asked, slots, k=5).numpy()
    for row, slot, given in zip(asked, slots, found, strict=True):
        apart = np.sort(((rows[slot, : counts[slot]].astype(float) - row) ** 2).sum(axis=1))[:5]
        np.testing.assert_allclose(given[: len(apart)], apart, rtol=1e-5)
        assert np.isinf(given[len(apart) :]).all()


def test_distances_far_from_zero_are_exact() -> None:
    memory = EpisodicMemory(1, 4, 2)
    memory.add([[10000.0, 0.0]], [0])
    memory.add([[10000.0, 0.5]], [0])
    assert memory.nearest([[10000.0, 0.5]], [0], 2).tolist() == [[0.0, 0.25]]


def test_an_episode_begins_with_its_first_state_once() -> None:
    memory = EpisodicMemory(2, 4, 1)
    memory.begin([[7.0], [8.0]], [0, 1])
    memory.begin([[1.0], [2.0]], [0, 1])
    assert (held(memory, 0), held(memory, 1)) == ([7], [8])
    memory.reset(np.array([True, False]))
    memory.begin([[3.0], [4.0]], [0, 1])
    assert (held(memory, 0), held(memory, 1)) == ([3], [8])
    assert memory.bytes_per_slot == 16 == memory.rows[0].numel() * memory.rows.element_size()


@pytest.mark.parametrize("kind", ["ring", "reservoir"])
def test_state_goes_on_as_if_nothing_had_happened(kind: str) -> None:
    def go_on(memory: EpisodicMemory) -> Any:
        for i in range(9):
            memory.add(np.full((2, 1), 10.0 + i), [0, 1])
        return memory.rows.clone()

    memory = filled(kind, 7, slots=2)
    memory.reset(np.array([False, True]))
    other = EpisodicMemory(2, 4, 1, kind=kind)
    other.load_state_dict(memory.state_dict(), "ngu")
    assert torch.equal(go_on(memory), go_on(other))
    for wrong in (EpisodicMemory(3, 4, 1), EpisodicMemory(2, 5, 1), EpisodicMemory(2, 4, 2)):
        with pytest.raises(ConfigError, match=r"ngu takes the memory of as many envs"):
            wrong.load_state_dict(memory.state_dict(), "ngu")


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"ring, reservoir. Received 'rnig'. Did you mean 'ring'"):
        EpisodicMemory(1, 1, 1, kind="rnig")


def test_the_scale_is_the_mean_and_then_follows() -> None:
    scale = RunningScale(horizon=4)
    assert scale.of(torch.tensor([[1.0, 3.0, torch.inf]])).tolist() == [[2.0]]
    scale.add(torch.tensor([[1.0, torch.inf], [3.0, 8.0]]))
    assert (scale.mean, scale.count) == (4.0, 3.0)
    scale.add(torch.tensor([8.0, 12.0]))  # 4 + (10 - 4) * 2/4
    assert scale.mean == 7.0
    scale.add(torch.tensor([torch.inf]))
    assert scale.of(torch.zeros(2, 3)).tolist() == [[7.0], [7.0]]


def test_the_kernel_by_hand() -> None:
    # d_m^2 = 2; shares 0, 0.5 and 1 of it, of which 0.1 is one state; epsilon 0.1
    squared = torch.tensor([[0.0, 1.0, 2.0, torch.inf]])
    visits = kernel_visits(squared, torch.tensor([[2.0]]), epsilon=0.1, cluster=0.1)
    assert visits.item() == pytest.approx(1 + 0.1 / 0.5 + 0.1 / 1.0)
    paid = kernel_novelty(torch.tensor([4.0, 0.0, 81.0]), c=0.5, most=8.0)
    assert paid.tolist() == pytest.approx([1 / 2.5, 2.0, 0.0])


def test_equal_states_alone_are_one_state() -> None:
    zeros = torch.zeros(1, 3)
    assert kernel_visits(zeros, RunningScale().of(zeros)).tolist() == [3.0]
