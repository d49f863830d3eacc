from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rewardsmith.contained import containment
from rewardsmith.envs.text.code_repair.code_repair_env import CodeRepair
from rewardsmith.envs.text.code_repair.easy import EasyCodeRepair


@pytest.fixture
def build() -> Callable[..., Any]:
    """Make an env; skipped where the machine contains no program."""
    if containment() != "namespaces":
        pytest.skip(f"this machine contains no program (found: {containment()})")
    return lambda easy=False, **options: (EasyCodeRepair if easy else CodeRepair)(**options)
