"""What must be equal: our credit and TRL's, the pay of turns and the episode's reward."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rewardsmith.agents.llm.credit import credit, redistribute
from rewardsmith.agents.llm.record import Episode, Turn
from rewardsmith.transition import Floats

from .beside_trl import trl_advantages
from .tasks import errand, listed

#: how far TRL's float32 may lie from our float64
TOLERANCE = 1e-6
WEIGHTS = {"success": 1.0, "format": 0.25}


def drawn_episodes(count: int, seed: int) -> tuple[list[Episode], Floats]:
    """Episodes of 1 to 6 turns, paid by two components; and their sums, shape (count, 2)."""
    rng = np.random.default_rng(seed)
    episodes = [_drawn(int(rng.integers(1, 7)), rng) for _ in range(count)]
    sums = [[e.component(name).sum() for name in WEIGHTS] for e in episodes]
    return episodes, np.array(sums)


def _drawn(turns: int, rng: np.random.Generator) -> Episode:
    pay = rng.normal(size=(turns, len(WEIGHTS)))
    return Episode(
        tuple(
            Turn(
                t, "line", 3 * t, 3 * t + 2, float(row.sum()),
                dict(zip(WEIGHTS, map(float, row), strict=True)),
            )
            for t, row in enumerate(pay)
        )
    )  # fmt: skip


def against_trl(prompts: int = 3, generations: int = 8, seed: int = 0) -> dict[str, float]:
    """Largest difference between our advantages and those that TRL's trainer computed."""
    episodes, sums = drawn_episodes(prompts * generations, seed)
    group = [i // generations for i in range(len(episodes))]
    totals = sums.sum(axis=1, keepdims=True)
    found = {
        f"trajectory, scale={scale}": _difference(
            credit(episodes, group, method="trajectory", scale=scale),
            trl_advantages(totals, generations, scale=scale),
        )
        for scale in ("group", "batch", "none")
    }
    found["gdpo"] = _difference(
        credit(episodes, group, method="gdpo", weights=WEIGHTS),
        trl_advantages(
            sums,
            generations,
            aggregation="normalize_then_sum",
            weights=list(WEIGHTS.values()),
        ),
    )
    return found


def _difference(ours: Sequence[Floats], theirs: Floats) -> float:
    return max(float(np.abs(a - t).max()) for a, t in zip(ours, theirs, strict=True))


def sums() -> dict[str, float]:
    """Largest difference between what the turns were paid and what the episode should get."""
    rng = np.random.default_rng(0)
    totals, turns = rng.normal(size=200), rng.integers(1, 30, size=200)
    spread = [
        float(redistribute(total, rng.normal(size=n)).sum() - total)
        for total, n in zip(totals, turns, strict=True)
    ]
    task = errand()
    start = task.potential(task.start)
    pairs = zip(listed(task), listed(task, shaped=True), strict=True)
    shaped = [b.episode.total - (a.episode.total - start) for a, b in pairs]
    return {
        "redistributed rewards sum to the episode's": float(np.abs(spread).max()),
        "shaped rewards sum to the episode's less Phi(s_0)": float(np.abs(shaped).max()),
    }
