"""Which clock tells what work costs, and medians with their intervals."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from typing import Any

import torch

from rewardsmith.agents.compare.stats import median_estimate

#: what `now` counts, by device
CLOCKS = {
    "cpu": "CPU seconds of the one process, one thread",
    "cuda": "wall seconds, the card waited for",
}


def now(device: str) -> float:
    """Seconds of the process's CPU time; on a GPU wall time, after it has done what it was told."""
    if device == "cuda":
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()


def ratio(ours: Sequence[float], plain: Sequence[float]) -> dict[str, Any]:
    """The median of paired ratios ours / plain, its 95% bootstrap interval, and all of them."""
    pairs = [a / b for a, b in zip(ours, plain, strict=True)]
    found = median_estimate(pairs)
    return {
        "median": round(statistics.median(pairs), 4),
        "interval_95": [round(found.low, 4), round(found.high, 4)],
        "pairs": [round(p, 4) for p in pairs],
    }
