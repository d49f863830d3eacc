"""A task that is solved by hand here, for every export.

Calculation-Easy's train task of seed 3 is 7 - 4 - 2. Two steps are left at first (share_left 1),
then one (0.5), then none (0); the answer ends the episode and pays 1.

`potential` is env + potential(-share_left) with gamma 1, so the turns are paid
(-0.5) - (-1) = 0.5, 0 - (-0.5) = 0.5 and, an end having potential 0, 1 + 0 - 0 = 1.
`gated` pays 0.5 * (0.5, 0.5, 0) of progress because the episode succeeds, and 1 for the answer,
all of it known at the end only.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest


@pytest.fixture
def solved() -> SimpleNamespace:
    return SimpleNamespace(
        env_id="rewardsmith/Calculation-Easy-v0",
        task=3,
        text="Compute 7 - 4 - 2",
        lines=["step: 7 - 4 = 3", "step: 3 - 2 = 1", "answer: 1"],
        potential=[0.5, 0.5, 1.0],
        gated=[0.25, 0.25, 1.0],
    )
