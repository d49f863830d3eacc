"""One run of a sweep in a process of its own: `python -m rewardsmith.agents.compare.worker DIR`.

Reads DIR/spec.json, trains into DIR, and prints one JSON line per rollout. It needs nothing
else, so that the same call can run on another machine.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from rewardsmith.agents.classic.spec import RunSpec


def work(folder: Path) -> None:
    """Train the run of `folder`, from its last checkpoint if it has one."""
    from rewardsmith.agents.classic.train import train

    train(RunSpec.read(folder / "spec.json"), folder, resume=True, progress=_tell)


def _tell(env_steps: int, known: Mapping[str, float | None]) -> None:
    try:
        print(json.dumps({"env_steps": env_steps, **known}), flush=True)
    except BrokenPipeError:
        # Nobody is left to train for.
        raise SystemExit("the sweep that started this run is gone") from None


if __name__ == "__main__":
    work(Path(sys.argv[1]))
