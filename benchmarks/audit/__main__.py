"""Run: python -m rewardsmith.benchmarks.audit [--cases 300] [--jobs 2] [--out FILE]."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from rewardsmith.benchmarks.audit.confusion import REGRET, one, summary
from rewardsmith.benchmarks.audit.dose import FAULTS, response
from rewardsmith.benchmarks.audit.kinds import KINDS
from rewardsmith.benchmarks.audit.metamorphic import relations
from rewardsmith.benchmarks.audit.whole import mutants, over_budget, speed, without_table
from rewardsmith.benchmarks.machine import write_result


def confusion(cases: int, jobs: int) -> dict[str, Any]:
    """Every kind's counts."""
    found = {}
    with ProcessPoolExecutor(jobs) as pool:
        for kind in KINDS:
            rows = pool.map(one, [kind] * cases, range(cases), chunksize=max(1, cases // 20))
            found[kind] = summary(rows)
            print(line(kind, found[kind]), flush=True)
    return found


def line(kind: str, found: Mapping[str, Any]) -> str:
    """One row of the table in benchmarks/README.md."""
    counts = [str(found["verdicts"].get(v, 0)) for v in ("INVARIANT", "OPTIMUM KEPT", "CHANGED")]
    share = "" if found["cause_share"] is None else f"{found['cause_share']:.3f}"
    wrong = len(found["wrong"])
    return f"| {kind} | {' | '.join(counts)} | {wrong} | {share} |"


def doses(worlds: int, jobs: int) -> dict[str, Any]:
    """Every fault's dose-response."""
    with ProcessPoolExecutor(jobs) as pool:
        found = dict(zip(FAULTS, pool.map(response, FAULTS, [worlds] * len(FAULTS)), strict=True))
    for name, row in found.items():
        shown = {k: v for k, v in row.items() if k != "doses"}
        print(name, shown, flush=True)
    return found


def wrong_in(result: Mapping[str, Any]) -> list[str]:
    """Everything that is not as it must be."""
    found = [f"{k}: {w}" for k, row in result["kinds"].items() for w in row["wrong"]]
    for name, row in result["doses"].items():
        if row["largest_regret_error"] > REGRET:
            found.append(f"{name}: the regret is wrong by {row['largest_regret_error']:.2g}")
        if row["linear"] and row["worlds_where_regret_falls"]:
            found.append(f"{name}: the regret falls as the dose grows")
    found += [b for row in result["metamorphic"].values() for b in row["broken"]]
    found += [f"{name}: {m['verdict']}" for name, m in result["mutants"].items() if m["wrong"]]
    found += [f"{name}: a verdict without a table" for name in result["without_table"]["wrong"]]
    return found + [f"{name}: too slow" for name in over_budget(result["speed"])]


def main() -> int:
    """Print every part, write the result; 1 if anything is not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m rewardsmith.benchmarks.audit")
    parser.add_argument("--cases", type=int, default=300, help="worlds for each kind")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    result: dict[str, Any] = {
        "cases": args.cases,
        "kinds": confusion(args.cases, args.jobs),
        "doses": doses(max(1, args.cases // 30), args.jobs),
        "metamorphic": relations(max(1, args.cases // 60)),
        "mutants": mutants(),
        "without_table": without_table(),
        "speed": speed(),
    }
    result["wrong"] = wrong_in(result)
    for part in ("metamorphic", "mutants", "without_table", "speed", "wrong"):
        print(part, json.dumps(result[part], indent=1), flush=True)
    if args.out:
        write_result(args.out, result)
    return int(bool(result["wrong"]))


if __name__ == "__main__":
    raise SystemExit(main())
