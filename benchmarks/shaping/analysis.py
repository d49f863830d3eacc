"""From the runs of an experiment to its table: success at the end, steps until it holds."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from rewardsmith.agents.compare.results import Arm, read_comparison
from rewardsmith.agents.compare.stats import (
    ENOUGH_SEEDS,
    Estimate,
    holm,
    improvement,
    iqm_estimate,
    median_estimate,
    rank_p,
    steps_to,
)

THRESHOLD = 0.9
INTERVALS = (
    "Intervals are 95% bootstrap intervals, each for itself: not corrected for how many rewards "
    "are compared. Claim a difference only where p_holm, which is, is below 0.05."
)


def analyse(folder: Path, planned: int = 0) -> dict[str, Any]:
    """Every reward's figures, over its finished runs alone, and how many those are.

    Args:
        folder: of the comparison.
        planned: seeds that the experiment is to have, where the folder has fewer as yet.
    """
    arms = read_comparison(folder).arms
    table = {arm.label: _figures(arm, planned) for arm in arms}
    # The last reward is the control.
    for label, versus in _versus(arms[:-1], arms[-1]).items():
        table[label]["sooner_than_" + arms[-1].label] = versus
    few = min(len(a.finished) for a in arms) < ENOUGH_SEEDS
    return {"few_seeds": few, "threshold": THRESHOLD, "intervals": INTERVALS, "rewards": table}


def _versus(arms: list[Arm], control: Arm) -> dict[str, dict[str, float | None]]:
    """How likely each reward is sooner than the control, with its p-value alone and corrected.

    One seed has no p-value; such a reward counts in no correction.
    """
    least = 1 if control.finished else math.inf
    pairs = {a.label: (_steps(control), _steps(a)) for a in arms if len(a.finished) >= least}
    ps = {k: rank_p(x, y) for k, (x, y) in pairs.items() if min(len(x), len(y)) > 1}
    corrected = dict(zip(ps, holm(list(ps.values())), strict=True))
    return {
        label: {
            **_plain(improvement(*pair)),
            "p": _number(ps.get(label, math.nan)),
            "p_holm": _number(corrected.get(label, math.nan)),
        }
        for label, pair in pairs.items()
    }


def _figures(arm: Arm, planned: int) -> dict[str, Any]:
    planned = max(planned, len(arm.runs))
    found: dict[str, Any] = {
        "formula": arm.about["formula"],
        "guarantee": arm.about["guarantee"],
        "seeds_finished": len(arm.finished),
        "seeds_planned": planned,
    }
    if not arm.finished:
        return {**found, "unfinished": True}
    return {
        **found,
        "unfinished": len(arm.finished) < planned,
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
