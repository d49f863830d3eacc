"""Run: python -m rewardsmith.benchmarks.shaping NAME [--jobs J]; call it again to resume.

NAME is an experiment of experiments.yaml. Runs are kept under runs/shaping/NAME; the figures
are written beside this file, in results/NAME.json, and say how many runs are finished.
"""

from __future__ import annotations

import argparse
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from rewardsmith.agents.compare.sweep import compare
from rewardsmith.benchmarks.machine import write_result
from rewardsmith.benchmarks.shaping.analysis import analyse


def experiments() -> dict[str, dict[str, Any]]:
    """Name -> frozen settings, PPO's included."""
    text = (resources.files("rewardsmith.benchmarks.shaping") / "experiments.yaml").read_text()
    data = yaml.safe_load(text)
    return {name: {**data["settings"], **spec} for name, spec in data["experiments"].items()}


def main() -> None:
    """Train what is missing, then analyse what there is."""
    known = experiments()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=sorted(known))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--runs", type=Path, default=Path("runs/shaping"))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/shaping/results"))
    parser.add_argument("--analyse-only", action="store_true", help="train nothing")
    options = parser.parse_args()
    spec = dict(known[options.name])
    folder = options.runs / options.name
    labels, seeds = spec.pop("rewards"), spec.pop("seeds")
    if not options.analyse_only:
        compare(
            spec.pop("env_id"),
            list(labels.values()),
            labels=list(labels),
            seeds=range(seeds),
            out=folder,
            jobs=options.jobs,
            audit=False,
            command=f"python -m rewardsmith.benchmarks.shaping {options.name}",
            **spec,
        )
    result = {"experiment": known[options.name], **analyse(folder)}
    write_result(options.out / f"{options.name}.json", result)


if __name__ == "__main__":
    main()
