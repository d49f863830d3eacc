"""Run: python -m rewardsmith.benchmarks.intrinsic.learning NAME [--jobs J] [--seeds K].

NAME is an experiment of experiments.yaml; call it again to go on. `--seeds K` takes the first K
seeds alone. Runs are kept under runs/intrinsic/NAME; the figures, in results/NAME.json, are over
finished runs and say of each reward how many of the planned ones those are.
"""

from __future__ import annotations

from pathlib import Path

from rewardsmith.benchmarks.shaping.__main__ import run

PACKAGE = "rewardsmith.benchmarks.intrinsic.learning"


def main() -> None:
    """Train what is missing, then analyse what there is."""
    out = Path("benchmarks/intrinsic/learning/results")
    run(PACKAGE, __doc__, runs=Path("runs/intrinsic"), out=out, audit=False)


if __name__ == "__main__":
    main()
