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

PACKAGE = "rewardsmith.benchmarks.shaping"


def experiments(package: str = PACKAGE) -> dict[str, dict[str, Any]]:
    """Name -> frozen settings, PPO's included, of the package's experiments.yaml."""
    data = yaml.safe_load((resources.files(package) / "experiments.yaml").read_text())
    return {name: {**data["settings"], **spec} for name, spec in data["experiments"].items()}


def run(package: str, about: str | None, *, runs: Path, out: Path, audit: bool = True) -> None:
    """The command line of a package's experiments: `about` is its help, the folders defaults."""
    known = experiments(package)
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("name", choices=sorted(known))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seeds", type=int, help="the first so many alone; all if left out")
    parser.add_argument("--runs", type=Path, default=runs)
    parser.add_argument("--out", type=Path, default=out)
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
            seeds=range(options.seeds or seeds),
            out=folder,
            jobs=options.jobs,
            command=f"python -m {package} {options.name}",
            audit=audit,
            **spec,
        )
    result = {"experiment": known[options.name], **analyse(folder, seeds)}
    write_result(options.out / f"{options.name}.json", result)


def main() -> None:
    """Train what is missing, then analyse what there is."""
    run(PACKAGE, __doc__, runs=Path("runs/shaping"), out=Path("benchmarks/shaping/results"))


if __name__ == "__main__":
    main()
