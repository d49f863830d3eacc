"""The same rollouts for both sides: sizes, episodes of random length, files that both read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Workload:
    """One size.

    Args:
        obs_shape: of one observation.
        dtype: as an env gives them: `float32`, or `uint8` of an image.
        high: observations are integers from 0 to this.
        rollouts: how many different ones there are; they are gone through in turn.
        warm_up: rollouts before the first that counts.
        turns: rollouts that count, of each side.
        episode: shortest and longest episode, in steps.
        threads: of torch.
    """

    obs_shape: tuple[int, ...]
    dtype: str
    high: int
    rollouts: int
    warm_up: int
    turns: int
    num_envs: int = 8
    steps: int = 128
    actions: int = 7
    episode: tuple[int, int] = (32, 256)
    threads: int = 1
    seed: int = 0


#: what the warm-up is for: RE3 of the peer compares with its last 1000 steps, 8 rollouts
SIZES = {
    "flat": Workload((147,), "float32", 10, rollouts=4, warm_up=8, turns=15),
    "image": Workload((4, 84, 84), "uint8", 255, rollouts=2, warm_up=2, turns=5),
}

Arrays = dict[str, NDArray[Any]]


def write(folder: Path, work: Workload) -> None:
    """The workload's arrays, each `<name>.npy`, and its sizes, `work.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in generate(work).items():
        np.save(folder / f"{name}.npy", array)
    (folder / "work.json").write_text(json.dumps(asdict(work)))


def generate(work: Workload) -> Arrays:
    """Rollouts of random observations and actions.

    Returns:
        `obs` and `next_obs` of shape (rollouts, steps, num_envs, *obs_shape), next_obs being the
        true final state where an episode ends; `action`, `terminated`, `truncated`, `t` (steps
        since the episode began) of shape (rollouts, steps, num_envs).
    """
    rng = np.random.default_rng(work.seed)
    total, n = work.rollouts * work.steps, work.num_envs
    ended, t = _episodes(rng, total, n, work.episode)
    # One state more than there are steps; a step after an end begins from a state of its own.
    states = rng.integers(0, work.high + 1, (total + 1, n, *work.obs_shape)).astype(work.dtype)
    final = rng.integers(0, work.high + 1, (n, *work.obs_shape)).astype(work.dtype)
    reached = states[1:].copy()
    reached[ended] = final[np.nonzero(ended)[1]]
    terminated = ended & (rng.random((total, n)) < 0.5)
    arrays: Arrays = {
        "obs": states[:-1],
        "next_obs": reached,
        "action": rng.integers(0, work.actions, (total, n)),
        "terminated": terminated,
        "truncated": ended & ~terminated,
        "t": t,
    }
    shape = (work.rollouts, work.steps)
    return {k: v.reshape(*shape, *v.shape[1:]) for k, v in arrays.items()}


def _episodes(
    rng: np.random.Generator, total: int, n: int, lengths: tuple[int, int]
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Where episodes end, and the steps since they began; both of shape (total, n)."""
    ended, t = np.zeros((total, n), dtype=bool), np.zeros((total, n), dtype=np.int64)
    for env in range(n):
        begin = 0
        while begin < total:
            length = int(rng.integers(lengths[0], lengths[1] + 1))
            t[begin : begin + length, env] = np.arange(min(length, total - begin))
            ended[begin + length - 1 : begin + length, env] = True
            begin += length
    return ended, t
