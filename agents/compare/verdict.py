"""What a comparison may say: a row of numbers per reward, and one careful sentence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rewardsmith.agents.compare.audits import Badge, badge
from rewardsmith.agents.compare.axes import figure, short
from rewardsmith.agents.compare.results import Arm
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

#: how many rewards look different: eight colours with solid lines, then the same eight dashed
LOOKS = 16
#: corrected p-value above which no difference is claimed
_LEVEL = 0.05
_COVERAGE = (
    "holds the truth in only about 64, 83 and 96 of 100 cases at 3, 5 and 10 seeds when "
    "a run either solves the task or fails"
)


@dataclass(frozen=True)
class Row:
    """A reward's figures over its finished runs, as text; empty where there are none yet."""

    label: str
    color: int
    guarantee: str
    success: str
    env_return: str
    steps: str
    better: str
    finished: str
    audit: Badge | None = None
    improvement: Estimate | None = None
    p: float = 1.0


def rows(arms: list[Arm], threshold: float) -> list[Row]:
    """One row per reward; the first is what the others are compared with."""
    return [_row(i, arm, arms[0], threshold) for i, arm in enumerate(arms)]


def finding(arms: list[Arm], table: list[Row]) -> str:
    """One sentence or two on what the runs allow to say."""
    pairs = [(a, row) for a, row in zip(arms, table, strict=True) if a.finished or not a.failed]
    if len(pairs) < len(arms) and pairs:
        if arms[0] is not pairs[0][0]:
            return f"No run of {arms[0].label} finished, so there is nothing to compare with it."
        # A reward whose every run failed is told of beside this; the others can be compared.
        arms, table = [a for a, _ in pairs], [row for _, row in pairs]
    counts = {len(a.finished) for a in arms}
    fewest = min(counts)
    seeds = f"{fewest} finished seed{'' if fewest == 1 else 's'}"
    if len(arms) == 1:
        return f"One reward, {seeds}: there is nothing to compare it with."
    if fewest < ENOUGH_SEEDS:
        return (
            f"With {seeds} {'per' if len(counts) == 1 else 'of a'} reward, this report "
            "claims no difference. A 95% bootstrap "
            f"interval {_COVERAGE}. Run at least {ENOUGH_SEEDS} seeds to claim one."
        )
    return _claims(table[1:], table[0].label)


def reached(arm: Arm, threshold: float) -> list[float]:
    """Env steps to `threshold` of every finished run; infinite for one that never got there."""
    if not _known(arm, "success"):
        return []
    return [steps_to(*run.curve("success"), threshold) for run in arm.finished]


def _claims(others: Sequence[Row], first: str) -> str:
    """A sentence per reward.

    The interval alone is too eager at ten seeds, and the more rewards there are, the likelier
    that one of them stands out by luck: a corrected permutation test must agree.
    """
    corrected = holm([row.p for row in others])
    return " ".join(_claim(r, first, p) for r, p in zip(others, corrected, strict=True))


def _claim(row: Row, first: str, corrected: float) -> str:
    p = row.improvement
    if p is None or p.low <= 0.5 <= p.high or corrected >= _LEVEL:
        return f"Between {row.label} and {first} no difference can be told at the last evaluation."
    if p.value > 0.5:
        better, worse, e = row.label, first, p
    else:
        better, worse = first, row.label
        e = Estimate(1 - p.value, 1 - p.high, 1 - p.low)
    return (
        f"A run of {better} ends above one of {worse} with probability {e.value:.2f} "
        f"[{e.low:.2f}, {e.high:.2f}]."
    )


def _row(index: int, arm: Arm, first: Arm, threshold: float) -> Row:
    column = "success" if _known(arm, "success") else "return"
    better, p = None, 1.0
    if index and _known(arm, column) and _known(first, column):
        pair = _finals(arm, column), _finals(first, column)
        better = improvement(*pair)
        if min(map(len, pair)) >= ENOUGH_SEEDS:  # nothing is claimed of fewer
            p = rank_p(*pair)
    return Row(
        arm.label,
        index % LOOKS,
        arm.about["guarantee"],
        _share(arm),
        _estimate(arm, "return"),
        _steps(arm, threshold),
        "" if better is None else f"{better.value:.2f} [{better.low:.2f}, {better.high:.2f}]",
        f"{len(arm.finished)} of {len(arm.runs)}",
        badge(arm.audit) if arm.audit else None,
        better,
        p,
    )


def _finals(arm: Arm, column: str) -> list[float]:
    return [r.final(column) for r in arm.finished]


def _known(arm: Arm, column: str) -> bool:
    values = _finals(arm, column)
    return bool(values) and not any(math.isnan(v) for v in values)


def _share(arm: Arm) -> str:
    if not _known(arm, "success"):
        return ""
    e = iqm_estimate(_finals(arm, "success"))
    return f"{e.value:.0%} [{e.low:.0%}, {e.high:.0%}]"


def _estimate(arm: Arm, column: str) -> str:
    if not _known(arm, column):
        return ""
    e = iqm_estimate(_finals(arm, column))
    return f"{figure(e.value)} [{figure(e.low)}, {figure(e.high)}]"


def _steps(arm: Arm, threshold: float) -> str:
    values = reached(arm, threshold)
    if not values:
        return ""
    horizon = max(run.final("env_steps") for run in arm.finished)
    e = median_estimate(values)
    return f"{_until(e.value, horizon)} [{_until(e.low, horizon)}, {_until(e.high, horizon)}]"


def _until(steps: float, horizon: float) -> str:
    return short(steps) if math.isfinite(steps) else f">{short(horizon)}"
