"""Our intrinsic rewards beside RLeXplore's (rllte-core 1.0.1), in CPU time per env step.

    python -m rewardsmith.benchmarks.intrinsic.speed [--terms rnd ...] [--sizes flat image]
        [--peer-python PATH] [--threads 1] [--out FILE]

8 envs, rollouts of 128 steps, the same observations and actions for both, episodes of 32 to 256
steps. Two processes, one of each side, each with torch on one thread, take turns: one rollout
each, whoever goes second changing every turn. The ratio is the peer's CPU time / ours, the median
over the turns, with a 95% bootstrap interval.

What each side does:

- the peer: `watch` on every step, one row per env; after 128 steps `compute(samples, sync=True)`,
  which pays all 1024 rows at once and trains on them once, in 4 shuffled batches of 256 (Adam,
  0.001; RE3 does not train; of Disagreement's 4 models each gets one batch). Its float32 tensors
  are made beforehand and not timed. Encoders: 256 hidden units (flat) or the convolutions of
  Mnih et al. 2015 (image); 128 latent dimensions, 32 of PseudoCounts and NGU. In `watch`,
  PseudoCounts, RIDE and NGU compare with the episode's states, env by env, and RE3 stores; in
  `compute`, RE3 compares every state with its env's last 1000, and E3B moves its ellipsoid row by
  row.
- ours: `term.step` and `term.update` on every step, as `RewardVectorWrapper` calls them, and
  `reset` where an episode ends. It pays each step at once, 8 rows at a time, from arrays as an env
  gives them, so their conversion is timed. Widths, batches, observation scaling and rows trained
  on are the peer's (see `FORMULAS`; by default the predictor of our RND has a layer more).
  `pseudo_count` reads states by a fixed random projection and trains nothing, where the peer
  learns an encoder; `ride` counts exact states, where the peer takes the nearest neighbours.

How much arithmetic each does is counted in one rollout that is not timed (matrix products and
convolutions, backward passes): a side that leaves work out, or does more, is seen. On one thread
the peer's RND, ICM and Disagreement take little more than that arithmetic needs. With torch's own
number of threads on a busy machine its small batches cost many times more (`--threads`).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from rewardsmith.benchmarks.intrinsic.peer_env import peer_python
from rewardsmith.benchmarks.intrinsic.workload import SIZES, Workload, write
from rewardsmith.benchmarks.machine import write_result
from rewardsmith.registry import term_names

HERE = Path(__file__).resolve().parent
#: our terms, with the peer's settings where our defaults differ
FORMULAS = {
    "disagreement": "disagreement(models=4)",
    "re3": "re3()",
    "e3b": "e3b(normalize_obs=False)",
    "rnd": "rnd(normalize='std', deeper=False)",
    "pseudo_count": "pseudo_count(projection=32)",
    "icm": "icm(normalize_obs=False)",
    "ride": "ride(normalize_obs=False)",
    "ngu": "ngu(latent=32)",
}


class Side:
    """One worker process."""

    def __init__(self, command: Sequence[str], work: Workload) -> None:
        self.work, self.number = work, 0
        threads = str(work.threads)
        env = {**os.environ, "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
        )
        self.facts = self._answer()

    def rollout(self, command: str) -> dict[str, float]:
        """The next rollout: `time` it or `count` its operations."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command} {self.number}\n")
        self._process.stdin.flush()
        self.number += 1
        return self._answer()

    def end(self) -> dict[str, float]:
        """Its memory; the process is gone afterwards."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            return self._answer()
        finally:
            self.close()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):
                found: dict[str, Any] = json.loads(line)
                return found
        self.close()
        raise RuntimeError(f"A worker ended early: {self._process.args!r}; see its error above.")

    def close(self) -> None:
        """End the process, finished or not."""
        self._process.kill()
        with self._process:
            pass


def ours(term: str, folder: Path, work: Workload) -> Side:
    """Our worker."""
    module = "rewardsmith.benchmarks.intrinsic"
    command = [sys.executable, "-m", f"{module}.serve", f"{module}.ours"]
    return Side([*command, term, FORMULAS[term], str(folder)], work)


def peers(python: Path, term: str, folder: Path, work: Workload) -> Side:
    """The peer's worker."""
    return Side([str(python), str(HERE / "serve.py"), "peer", term, "", str(folder)], work)


def alone(side: Side, turns: int) -> dict[str, Any]:
    """One side without the other."""
    counts = _warm(side)
    return _summary(side, counts, [side.rollout("time") for _ in range(turns)])


def measure(mine: Side, other: Side) -> dict[str, Any]:
    """Both in turns."""
    sides = {"ours": mine, "peer": other}
    counts = {name: _warm(side) for name, side in sides.items()}
    times: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    for turn in range(mine.work.turns):
        # Whoever goes second finds warmer caches, so they take turns at that too.
        for name in sorted(sides, reverse=bool(turn % 2)):
            times[name].append(sides[name].rollout("time"))
    pairs = list(zip(times["peer"], times["ours"], strict=True))
    ratios = [peer["cpu"] / own["cpu"] for peer, own in pairs]
    return {
        "ratio": round(statistics.median(ratios), 3),
        "ratio_95": interval(ratios),
        "ratios": [round(r, 3) for r in ratios],
        "wall_ratio": round(statistics.median(p["wall"] / o["wall"] for p, o in pairs), 3),
        **{name: _summary(side, counts[name], times[name]) for name, side in sides.items()},
    }


def interval(ratios: Sequence[float], samples: int = 10_000) -> list[float]:
    """95% percentile bootstrap interval of the median."""
    drawn = np.random.default_rng(0).choice(np.asarray(ratios), (samples, len(ratios)))
    low, high = np.percentile(np.median(drawn, axis=1), [2.5, 97.5])
    return [round(float(low), 3), round(float(high), 3)]


def _warm(side: Side) -> dict[str, float]:
    for _ in range(side.work.warm_up):
        side.rollout("time")
    return side.rollout("count")


def _summary(side: Side, counts: dict[str, float], times: list[dict[str, float]]) -> dict[str, Any]:
    rows = side.work.num_envs * side.work.steps
    median = {key: statistics.median(t[key] for t in times) for key in ("cpu", "wall")}
    return {
        "us_per_env_step": round(median["cpu"] / rows * 1e6, 1),
        "wall_us_per_env_step": round(median["wall"] / rows * 1e6, 1),
        "kflop_per_env_step": round(counts["flops"] / rows / 1e3, 1),
        "backward_passes_per_rollout": counts["backward_passes"],
        **side.facts,
        **{key: round(value, 1) for key, value in side.end().items()},
    }


def main() -> int:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--peer-python", type=Path, help="its Python, instead of one made here")
    parser.add_argument("--terms", nargs="+", choices=FORMULAS, default=list(FORMULAS))
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--threads", type=int, default=1, help="of torch, in both")
    parser.add_argument("--out", type=Path, default=Path("runs/intrinsic_speed.json"))
    options = parser.parse_args()
    python = options.peer_python or peer_python()
    found: dict[str, Any] = {}
    for size in options.sizes:
        work = replace(SIZES[size], threads=options.threads)
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            write(folder, work)
            for term in options.terms:
                found.setdefault(size, {})[term] = _one(python, term, folder, work)
                print(line(size, term, found[size][term]), flush=True)
    clock = f"CPU seconds, torch threads: {options.threads}"
    write_result(options.out, {"clock": clock, **found})
    return 0


def _one(python: Path, term: str, folder: Path, work: Workload) -> dict[str, Any]:
    if term not in term_names():
        return {"peer": alone(peers(python, term, folder, work), work.turns)}
    mine = ours(term, folder, work)
    try:
        return measure(mine, peers(python, term, folder, work))
    finally:
        mine.close()


def line(size: str, term: str, found: dict[str, Any]) -> str:
    """One row of the table in benchmarks/README.md."""
    sides = [found.get(side) for side in ("ours", "peer")]
    cells = [f"{s['us_per_env_step']:.0f} us" if s else "" for s in sides]
    if "ratio" in found:
        low, high = found["ratio_95"]
        cells.append(f"{found['ratio']:.2f} [{low:.2f}, {high:.2f}]")
    cells += [f"{s['peak_beyond_start_mib']:.0f} MiB" if s else "" for s in sides]
    return f"| {size} | {term} | {' | '.join(cells)} |"


if __name__ == "__main__":
    raise SystemExit(main())
