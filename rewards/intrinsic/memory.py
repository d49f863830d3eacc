"""Bounded memories of rows, one per slot, and the kernel that tells visits from their distances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rewardsmith.errors import ConfigError, near_misses
from rewardsmith.term import State
from rewardsmith.transition import Bools

#: what a full memory does with one row more
KINDS = ("ring", "reservoir")


def check_kind(what: str, value: Any) -> str:
    """One of `KINDS`; raises `ConfigError` for anything else."""
    if value not in KINDS:
        raise ConfigError(
            f"{what} is one of {', '.join(KINDS)}. Received {value!r}."
            f"{near_misses(str(value), KINDS)}"
        )
    return str(value)


class EpisodicMemory:
    """The rows that each slot has seen since its last reset, float32 of `(slots, capacity, size)`.

    A full `ring` forgets its oldest row; a full `reservoir` keeps each row seen so far with the
    same chance (Vitter 1985, algorithm R), drawn by slot, episode and number of the row, so that
    neither the order of slots nor how they are batched matters. Takes `4 * capacity * size`
    bytes per slot (`bytes_per_slot`), of which pages never written cost nothing on the CPU.

    Args:
        slots: number of envs.
        capacity: rows that a slot keeps.
        size: numbers in a row.
        kind: `ring` or `reservoir`.
        seed: of the reservoir's draws.
        device: where the rows lie.

    >>> memory = EpisodicMemory(2, capacity=4, size=1)
    >>> memory.add([[0.0], [5.0]], [0, 1])
    >>> memory.nearest([[3.0], [4.0]], [0, 1], k=2).tolist()
    [[9.0, inf], [1.0, inf]]
    """

    def __init__(
        self,
        slots: int,
        capacity: int,
        size: int,
        *,
        kind: str = "ring",
        seed: int = 0,
        device: torch.device | str = "cpu",
    ) -> None:
        self.slots, self.capacity, self.size = slots, capacity, size
        self.kind, self.seed = check_kind("kind of memory", kind), seed
        # NumPy's zeros are not written until they are used; torch's are.
        zeros: Any = np.zeros((slots, capacity, size), dtype=np.float32)
        self.rows = torch.from_numpy(zeros).to(device)
        #: rows seen in the running episode, forgotten ones too
        self.seen: NDArray[np.int64] = np.zeros(slots, dtype=np.int64)
        self._episodes: NDArray[np.int64] = np.zeros(slots, dtype=np.int64)

    @property
    def bytes_per_slot(self) -> int:
        """Bytes that one slot's rows take when full."""
        return 4 * self.capacity * self.size

    @property
    def filled(self) -> NDArray[np.int64]:
        """Rows that each slot holds, shape (slots,)."""
        return np.minimum(self.seen, self.capacity)

    def add(self, rows: Any, slot: Any) -> None:
        """Keep rows of shape (N, size), each in its slot; no slot occurs twice."""
        slot = np.asarray(slot)
        place = self._places(slot)
        self.seen[slot] += 1
        kept = place < self.capacity
        if kept.all():
            self.rows[slot, place] = self._tensor(rows)
        elif kept.any():
            self.rows[slot[kept], place[kept]] = self._tensor(rows)[torch.from_numpy(kept)]

    def begin(self, rows: Any, slot: Any) -> None:
        """Keep the rows of those slots that are empty, i.e. s_0 of episodes that begin."""
        slot = np.asarray(slot)
        empty = self.seen[slot] == 0
        if empty.any():
            self.add(self._tensor(rows)[torch.from_numpy(empty)], slot[empty])

    def nearest(self, rows: Any, slot: Any, k: int) -> Tensor:
        """Squared distances to the k nearest rows of the slot, ascending.

        Args:
            rows: shape (N, size).
            slot: shape (N,); a slot may occur more than once.
            k: neighbours.

        Returns:
            Shape (N, k), float32, or float64 where squares are beyond float32; infinity where the
            slot holds fewer than k rows.
        """
        slot = np.asarray(slot)
        filled = self.filled[slot]
        most = int(filled.max(initial=0))
        if most == 0:
            return torch.full((len(slot), k), torch.inf, device=self.rows.device)
        one, many = self._tensor(rows)[:, None], self._of(slot, most)
        found = _nearest(one, many, filled, k)
        if int(torch.isinf(found).sum()) > int(np.maximum(k - filled, 0).sum()):
            found = _nearest(one.double(), many.double(), filled, k)
        return found

    def held(self, slot: Any) -> tuple[Tensor, Tensor]:
        """The rows of slots, shape (N, M, size), and where there is one, shape (N, M)."""
        filled = self.filled[np.asarray(slot)]
        most = int(filled.max(initial=0))
        there = torch.from_numpy(np.arange(most) < filled[:, None])
        return self._of(np.asarray(slot), most), there.to(self.rows.device)

    def reset(self, mask: Bools) -> None:
        """Forget the rows of the slots where `mask` (shape (slots,)) is True."""
        self.seen[mask] = 0
        self._episodes[mask] += 1

    def state_dict(self) -> State:
        """The rows, as far as any slot is filled, and the counters."""
        most = int(self.filled.max(initial=0))
        return {
            "rows": self.rows[:, :most].cpu().numpy().copy(),
            "seen": self.seen.copy(),
            "episodes": self._episodes.copy(),
            "capacity": self.capacity,
        }

    def load_state_dict(self, state: Mapping[str, Any], who: str) -> None:
        """Take over what `state_dict` gave.

        Raises:
            ConfigError: it is that of a memory of another shape; names the term `who`.
        """
        rows = np.asarray(state["rows"], dtype=np.float32)
        saved = (rows.shape[0], int(state["capacity"]), rows.shape[2])
        here = (self.slots, self.capacity, self.size)
        if saved != here:
            raise ConfigError(
                f"{who} takes the memory of as many envs, rows and numbers in a row as its own. "
                f"Received {saved}, here are {here}; build it with the envs and options that it "
                "was saved with."
            )
        self.rows[:, : rows.shape[1]] = torch.from_numpy(rows.copy()).to(self.rows.device)
        self.seen = np.array(state["seen"], dtype=np.int64)
        self._episodes = np.array(state["episodes"], dtype=np.int64)

    def _tensor(self, rows: Any) -> Tensor:
        return torch.as_tensor(rows, dtype=torch.float32, device=self.rows.device)

    def _of(self, slot: NDArray[np.int64], most: int) -> Tensor:
        if len(slot) == self.slots and (slot == np.arange(self.slots)).all():
            return self.rows[:, :most]  # a view: no copy
        return self.rows[torch.from_numpy(slot), :most]

    def _places(self, slot: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where the next row of each slot goes; `capacity` and beyond: nowhere."""
        number = self.seen[slot]
        if self.kind == "ring":
            return number % self.capacity
        drawn = _mixed(self.seed, slot, self._episodes[slot], number)
        chance = (drawn % (number + 1).astype(np.uint64)).astype(np.int64)
        return np.where(number < self.capacity, number, chance)


def _nearest(one: Tensor, many: Tensor, filled: NDArray[np.int64], k: int) -> Tensor:
    """Squared distances of rows (N, 1, size) to the k nearest of `filled` of (N, M, size).

    Differences, not products: those of large numbers would drown small distances.
    """
    most = many.shape[1]
    with torch.no_grad():
        mode = "donot_use_mm_for_euclid_dist"
        squared = torch.cdist(one, many, compute_mode=mode)[:, 0].square_()
    if (filled < most).any():
        beyond = np.arange(most) >= filled[:, None]
        squared[torch.from_numpy(beyond)] = torch.inf
    found = torch.full((len(one), k), torch.inf, dtype=one.dtype, device=one.device)
    count = min(k, most)
    found[:, :count] = torch.topk(squared, count, dim=1, largest=False).values
    return found


def _mixed(*parts: Any) -> NDArray[np.uint64]:
    """Numbers into 64 random bits (Steele et al. 2014, SplitMix64), row by row."""
    found = np.zeros(np.broadcast_shapes(*(np.shape(p) for p in parts)), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for part in parts:
            found = found + np.asarray(part).astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
            found = (found ^ (found >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            found = (found ^ (found >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            found = found ^ (found >> np.uint64(31))
    return found


class RunningScale:
    """Mean of squared distances to neighbours (d_m^2); moved by `update` alone.

    The plain mean of the first `horizon` values, an exponential one afterwards, so that it
    follows an embedding that is learned.

    Args:
        horizon: values that it looks back on.

    >>> scale = RunningScale()
    >>> scale.add(torch.tensor([[1.0, 3.0, torch.inf]]))
    >>> scale.mean, scale.count
    (2.0, 2.0)
    """

    def __init__(self, horizon: float = 1e5) -> None:
        self.horizon = horizon
        self.count, self.mean = 0.0, 0.0

    def add(self, squared: Tensor) -> None:
        """See squared distances of any shape; infinite ones, of no neighbour, do not count."""
        seen = squared[torch.isfinite(squared)]
        if not len(seen):
            return
        self.count = min(self.count + len(seen), max(self.horizon, len(seen)))
        self.mean += (float(seen.double().mean()) - self.mean) * len(seen) / self.count

    def of(self, squared: Tensor) -> Tensor:
        """What each row is divided by, shape (N, 1): its own mean before anything was seen."""
        if self.count:
            # A mean beyond float32 makes float64 of what it divides.
            wide = self.mean > torch.finfo(squared.dtype).max
            dtype = torch.float64 if wide else squared.dtype
            return torch.full((len(squared), 1), self.mean, dtype=dtype, device=squared.device)
        known = torch.isfinite(squared)
        total = torch.where(known, squared, 0.0).sum(dim=1, keepdim=True)
        return total / known.sum(dim=1, keepdim=True).clamp(min=1)

    def state_dict(self) -> State:
        """Count and mean."""
        return {"count": self.count, "mean": self.mean}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        self.count, self.mean = float(state["count"]), float(state["mean"])


def kernel_visits(
    squared: Tensor, scale: Tensor, *, epsilon: float = 1e-3, cluster: float = 0.008
) -> Tensor:
    """Visits to a state, told from its neighbours: sum of K over them.

    Badia et al. 2020 (arXiv 2002.06038), equation 3 and algorithm 1:
    K = epsilon / (max(d^2 / d_m^2 - cluster, 0) + epsilon).

    Args:
        squared: squared distances to the k nearest, shape (N, k); infinity for no neighbour.
        scale: d_m^2, shape (N, 1) or a number.
        epsilon: how fast K falls; 1e-3 in the paper's text, 1e-4 in its table of settings.
        cluster: distances up to this share of d_m^2 count as the same state.

    Returns:
        Shape (N,), in [0, k].
    """
    apart = torch.where(squared > 0, squared / scale, 0.0)  # 0 / 0 is the same state
    return (epsilon / ((apart - cluster).clamp(min=0) + epsilon)).sum(dim=1)


def kernel_novelty(visits: Tensor, *, c: float = 1e-3, most: float = 8.0) -> Tensor:
    """1 / (sqrt(visits) + c), and 0 where the denominator is beyond `most`.

    Badia et al. 2020 (arXiv 2002.06038), equation 2 and algorithm 1 (s_m = `most`).

    Args:
        visits: what `kernel_visits` gave, shape (N,).
        c: keeps the novelty of a state without neighbours at 1 / c.
        most: similarity beyond which nothing is paid.

    Returns:
        Shape (N,), in [0, 1 / c].
    """
    below = visits.sqrt() + c
    return torch.where(below > most, 0.0, 1 / below)
