"""Browsers for the tests: one of each kind, shared, because each takes a second to start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rewardsmith.envs.gui.miniwob_env import MiniWoBEnv, make_env

pytest.importorskip("miniwob")


@pytest.fixture(scope="session")
def text_env() -> Iterator[MiniWoBEnv]:
    env = make_env(render_mode="rgb_array")
    yield env
    env.close()


@pytest.fixture(scope="session")
def index_env() -> Iterator[MiniWoBEnv]:
    env = make_env(actions="index", obs="elements", max_elements=4)
    yield env
    env.close()
