"""Run: python -m rewardsmith.benchmarks.audit [--cases 300] [--jobs 2] [--out FILE]."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from rewardsmith.benchmarks.audit.confusion import one, summary
from rewardsmith.benchmarks.audit.kinds import KINDS
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


def main() -> int:
    """Print every part, write the result; 1 if anything is not as it must be."""
    parser = argparse.ArgumentParser(prog="python -m rewardsmith.benchmarks.audit")
    parser.add_argument("--cases", type=int, default=300, help="worlds for each kind")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    result: dict[str, Any] = {"cases": args.cases, "kinds": confusion(args.cases, args.jobs)}
    wrong = sum(len(k["wrong"]) for k in result["kinds"].values())
    print(f"{wrong} wrong")
    if args.out:
        write_result(args.out, result)
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main())
