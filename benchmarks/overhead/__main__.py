"""Run: python -m rewardsmith.benchmarks.overhead [--out benchmarks/overhead/result.json]."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import torch

from rewardsmith.benchmarks.machine import write_result
from rewardsmith.benchmarks.overhead import ppo, stack


def main() -> None:
    """Measure both, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/overhead.json"))
    parser.add_argument("--no-ppo", action="store_true", help="only the stack alone")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = [stack.measure(n) for n in (1, 16, 4096)]
    for row in rows:
        print(row)
    result: dict[str, Any] = {"formula": stack.FORMULA, "stack": rows}
    if not options.no_ppo:
        result["ppo"] = ppo.measure()
        print(result["ppo"])
    write_result(options.out, result)


if __name__ == "__main__":
    main()
