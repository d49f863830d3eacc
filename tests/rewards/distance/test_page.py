"""What docs/distances.md shows is what comes out."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np

from rewardsmith.rewards.distance import dard, epic, starc

PAGE = (Path(__file__).parents[3] / "docs" / "distances.md").read_text(encoding="utf-8")


def test_the_example_runs():
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    command = [sys.executable, "-W", "error", "-c", example]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert f"# {done.stdout.strip()}\n" in example


def test_the_table(grid):
    r, f = grid.reward, grid.shaping()
    changed = [
        2 * r + f,
        grid.redistributed(),
        r + grid.shaping(np.where(grid.terminal, 0.9, grid.phi)),
        r + 0.1,
        r + grid.shaping(gamma=0.9),
        r + np.maximum(f, 0.0),
    ]
    ends, moves = {"terminal": grid.terminal}, {"dynamics": grid.dynamics}
    rows = [
        [
            epic(r, other, gamma=0.95),
            epic(r, other, gamma=0.95, **ends),
            dard(r, other, gamma=0.95, **ends, **moves),
            starc(r, other, gamma=0.95, **ends, **moves),
        ]
        for other in changed
    ]
    shown = re.findall(r"\| (?:kept|changed) \| ([\d. |]+) \|\n", PAGE)
    assert shown == [" | ".join(f"{cell.distance:.2f}" for cell in row) for row in rows]
