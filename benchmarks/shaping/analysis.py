"""From the runs of an experiment to its table: success at the end, steps until it holds."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from rewardsmith.agents.compare.results import Arm, read_comparison
from rewardsmith.agents.compare.stats import (
    ENOUGH_SEEDS,
    Estimate,
    improvement,
    iqm_estimate,
    median_estimate,
    steps_to,
)

THRESHOLD = 0.9


def analyse(folder: Path) -> dict[str, Any]:
    """Every reward's figures, over its finished runs alone, and how many those are."""
    arms = read_comparison(folder).arms
    table = {arm.label: _figures(arm) for arm in arms}
    for arm in arms[:-1]:
        # The last reward is the control.
        if arm.finished and arms[-1].finished:
            versus = improvement(_steps(arms[-1]), _steps(arm))
            table[arm.label]["sooner_than_" + arms[-1].label] = _plain(versus)
    few = min(len(a.finished) for a in arms) < ENOUGH_SEEDS
    return {"few_seeds": few, "threshold": THRESHOLD, "rewards": table}


def _figures(arm: Arm) -> dict[str, Any]:
    found: dict[str, Any] = {
        "formula": arm.about["formula"],
        "guarantee": arm.about["guarantee"],
        "seeds_finished": len(arm.finished),
        "seeds_planned": len(arm.runs),
    }
    if not arm.finished:
        return {**found, "unfinished": True}
    return {
        **found,
        "unfinished": len(arm.finished) < len(arm.runs),
        "final_success": [r.final("success") for r in arm.finished],
        "final_success_iqm": _plain(iqm_estimate([r.final("success") for r in arm.finished])),
        "steps_to_threshold": [_number(s) for s in _steps(arm)],
        "steps_to_threshold_median": _plain(median_estimate(_steps(arm))),
    }


def _steps(arm: Arm) -> list[float]:
    """Steps until success holds, of each finished run; infinite for a run that never got there."""
    return [steps_to(r.evals["env_steps"], r.evals["success"], THRESHOLD) for r in arm.finished]


def _plain(e: Estimate) -> dict[str, float | None]:
    return {"value": _number(e.value), "low": _number(e.low), "high": _number(e.high)}


def _number(value: float) -> float | None:
    """JSON has no infinity: None stands for never."""
    return round(value, 4) if math.isfinite(value) else None
