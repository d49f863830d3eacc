"""Run: python -m rewardsmith.benchmarks.llm_credit [--out benchmarks/llm_credit/result.json]."""

from __future__ import annotations

import argparse
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from rewardsmith.benchmarks.llm_credit.bias import bias_table, noise_table, true_gradient
from rewardsmith.benchmarks.llm_credit.identities import TOLERANCE, against_trl, sums
from rewardsmith.benchmarks.llm_credit.tasks import errand, find, quality, stay
from rewardsmith.benchmarks.machine import write_result

#: task, rollouts per group
BIAS = ((stay(), 8), (errand(), 4))
NOISE = (
    (stay(), 8),
    (errand(), 4),
    (quality(), 4),
    (quality(shared=True), 4),
    (find(), 8),
    (find(shared=True), 8),
)


def main() -> int:
    """Tabulate and write; 1 if an identity is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/llm_credit.json"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    differences = {"against TRL": against_trl(), "sums": sums()}
    found: dict[str, Any] = {
        "identities": {"tolerance": TOLERANCE, "trl": metadata.version("trl"), **differences},
        "bias": {},
        "noise of baselines": {},
    }
    for task, n in BIAS:
        truth = [round(float(g), 6) for g in true_gradient(task)]
        rows = bias_table(task, n)
        found["bias"][task.name] = {"group": n, "true gradient": truth, "methods": rows}
    for task, n in NOISE:
        found["noise of baselines"][f"{task.name}, groups of {n}"] = noise_table(task, n)
    _show(found)
    write_result(options.out, found)
    return int(max(v for part in differences.values() for v in part.values()) > TOLERANCE)


def _show(found: dict[str, Any]) -> None:
    for part in ("against TRL", "sums"):
        for name, value in found["identities"][part].items():
            print(f"{name}: {value:.1e}")
    for task, entry in found["bias"].items():
        print(f"{task}, groups of {entry['group']}, true gradient {entry['true gradient'][:4]}")
        for name, row in entry["methods"].items():
            print(f"  {name:50}", row)
    for name, row in found["noise of baselines"].items():
        print(f"{name:30}", row)


if __name__ == "__main__":
    raise SystemExit(main())
