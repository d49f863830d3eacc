"""One Java machine and one env for all tests of this folder: Java takes seconds to start."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

pytest.importorskip("scienceworld")

from rewardsmith.envs.text.science.science_env import ScienceWorldEnv, make_env


@pytest.fixture(scope="session")
def world() -> Iterator[ScienceWorldEnv]:
    if shutil.which("java") is None:
        pytest.skip("no Java on this machine")
    env = make_env()
    env.reset(options={"task": 0})
    yield env
    env.close()
