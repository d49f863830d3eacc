"""Run: python -m rewardsmith.benchmarks.llm_speed [--out benchmarks/llm_speed/result.json]."""

from __future__ import annotations

import argparse
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from rewardsmith.benchmarks.llm_speed import likelihood, training
from rewardsmith.benchmarks.llm_speed.recorded import tokenizer_of
from rewardsmith.benchmarks.llm_speed.sizes import Size, on_cpu, on_gpu
from rewardsmith.benchmarks.machine import write_result


def main() -> None:
    """Measure on the CPU and, where there is one, on a GPU; print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/llm_speed.json"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    sizes = [on_cpu(), *([on_gpu()] if torch.cuda.is_available() else [])]
    result = {size.name: measure(size) for size in sizes}
    versions = {name: metadata.version(name) for name in ("trl", "transformers", "accelerate")}
    write_result(options.out, {"versions": versions, **result})


def measure(size: Size) -> dict[str, Any]:
    """Both parts at one size, with the card's name."""
    tokenizer = tokenizer_of()
    found = {
        "card": torch.cuda.get_device_name() if size.device == "cuda" else None,
        "training": training.measure(size, tokenizer),
        "likelihood": likelihood.measure(size, tokenizer),
    }
    _show(found)
    return found


def _show(found: dict[str, Any]) -> None:
    ours = found["training"]
    print(f"training: {ours['ratio']['median']} {ours['ratio']['interval_95']} of plain")
    for name, row in found["likelihood"]["rewards"].items():
        time = row["passes_by_time"]
        print(f"{name:22} {row['passes_by_tokens']} {time['median']} {time['interval_95']}")


if __name__ == "__main__":
    main()
