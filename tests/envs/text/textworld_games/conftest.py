"""One cache of compiled games for the whole test run: compiling takes seconds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rewardsmith.envs.text.textworld_games.textworld_env import TextWorldEnv, make_env

pytest.importorskip("textworld")


@pytest.fixture(scope="session", autouse=True)
def games_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = str(tmp_path_factory.mktemp("cache"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REWARDSMITH_CACHE", folder)
        yield folder


@pytest.fixture
def build() -> Iterator[Any]:
    """`make_env`, whose envs are closed at the end of the test."""
    envs: list[TextWorldEnv] = []

    def make(**kwargs: Any) -> TextWorldEnv:
        envs.append(make_env(**{"level": 3, "n_tasks": 1, **kwargs}))
        return envs[-1]

    yield make
    for env in envs:
        env.close()
