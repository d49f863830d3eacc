"""Run: python -m rewardsmith.benchmarks.language_fuzz --cases 200000 [--seed 0] [--out FILE]."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from rewardsmith.benchmarks.language_fuzz.texts import text_of
from rewardsmith.benchmarks.language_fuzz.worker import LIMIT, MEMORY
from rewardsmith.benchmarks.machine import write_result

#: cases of one process
CHUNK = 5_000
#: wall-clock seconds that a chunk may take; Python's own parser heeds no timer
PATIENCE = 3_600


def chunk(seed: int, begin: int, end: int) -> dict[str, Any]:
    """The worker's report; a process that dies is a finding about the case in its hand."""
    with tempfile.TemporaryDirectory() as folder:
        progress = Path(folder) / "case"
        module = "rewardsmith.benchmarks.language_fuzz.worker"
        command = [sys.executable, "-m", module, str(seed), str(begin), str(end), str(progress)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=PATIENCE
            )
            status, output, errors = done.returncode, done.stdout, done.stderr
        except subprocess.TimeoutExpired:
            status, output, errors = -1, "", f"more than {PATIENCE} seconds"
        if status == 0:
            report: dict[str, Any] = json.loads(output)
            return report
        case = int(progress.read_text() or begin) if progress.exists() else begin
        what = f"the process ended with {status}: {errors[-300:]}"
        rest = chunk(seed, case + 1, end) if case + 1 < end else empty(case)
        rest["faults"].insert(0, {"case": case, "parser": "", "what": what})
        return rest


def empty(case: int) -> dict[str, Any]:
    """The report of no case."""
    slowest = {"cpu_seconds": 0.0, "case": case, "parser": ""}
    return {"counts": {}, "faults": [], "slowest": slowest, "peak_mib": 0.0}


def run(cases: int, seed: int) -> dict[str, Any]:
    """All chunks, added up."""
    counts: Counter[str] = Counter()
    total = empty(0)
    for begin in range(0, cases, CHUNK):
        report = chunk(seed, begin, min(begin + CHUNK, cases))
        counts.update(report["counts"])
        total["faults"] += report["faults"]
        total["peak_mib"] = max(total["peak_mib"], report["peak_mib"])
        if report["slowest"]["cpu_seconds"] > total["slowest"]["cpu_seconds"]:
            total["slowest"] = report["slowest"]
        print(f"{min(begin + CHUNK, cases)} cases, {len(total['faults'])} faults", flush=True)
    total["slowest"]["text"] = text_of(seed, total["slowest"]["case"])[1][:1000]
    return {"cases": cases, "seed": seed, **total, "counts": dict(sorted(counts.items()))}


def main() -> int:
    """Print what went wrong, if anything, and write the result; 1 if anything did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("runs/language_fuzz.json"))
    options = parser.parse_args()
    result = run(options.cases, options.seed)
    limits = {"cpu_seconds_per_text": LIMIT, "memory_bytes_beyond_start": MEMORY}
    write_result(options.out, {"limits": limits, **result})
    for fault in result["faults"][:20]:
        print(fault)
    return 1 if result["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
