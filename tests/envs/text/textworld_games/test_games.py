from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rewardsmith.envs.text.textworld_games.games import (
    compiled_game,
    first_that_generates,
)
from rewardsmith.envs.text.textworld_games.settings import CoinSettings
from rewardsmith.errors import ConfigError
from rewardsmith.storage import cache_folder

_MAKE = """
import sys
from pathlib import Path
from rewardsmith.envs.text.textworld_games.games import compiled_game
from rewardsmith.envs.text.textworld_games.settings import CoinSettings
print(compiled_game(CoinSettings(level=3), Path(sys.argv[1])))
"""


def _start(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _MAKE, str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_two_processes_share_one_compilation(tmp_path: Path) -> None:
    processes = [_start(tmp_path) for _ in range(2)]
    printed = [p.communicate(timeout=120)[0].strip() for p in processes]
    assert [p.returncode for p in processes] == [0, 0]
    assert printed[0] == printed[1]
    assert Path(printed[0]).is_file()
    folders = [p for p in (tmp_path / "textworld").iterdir() if p.is_dir()]
    assert len(folders) == 1  # no half-made folder is left
    # The same settings give the same game, byte by byte, in another process and folder.
    assert Path(printed[0]).read_bytes() == compiled_game(CoinSettings(level=3)).read_bytes()


def test_a_cached_game_is_not_compiled_again() -> None:
    first = compiled_game(CoinSettings(level=3))
    before = first.stat().st_mtime_ns
    assert compiled_game(CoinSettings(level=3)) == first
    assert first.stat().st_mtime_ns == before


def test_the_game_has_the_rooms_of_its_level() -> None:
    game = json.loads(compiled_game(CoinSettings(level=3)).with_suffix(".json").read_text())
    rooms = [i for i, info in game["infos"] if info["type"] == "r"]
    assert len(rooms) == 3


def test_a_failing_seed_is_followed_by_a_fixed_next_one() -> None:
    tried: list[int] = []

    def generate(seed: int) -> int:
        tried.append(seed)
        if len(tried) < 3:
            raise RuntimeError("no quest")
        return seed

    assert first_that_generates(generate, 7, RuntimeError) == 7 + 2 * 100_000_006
    assert tried == [7, 100_000_013, 200_000_019]


def test_seeds_that_all_fail_are_an_error() -> None:
    def generate(seed: int) -> int:
        raise RuntimeError("no quest")

    with pytest.raises(ConfigError, match=r"seed 7 nor .*no quest"):
        first_that_generates(generate, 7, RuntimeError, tries=3)


def test_an_unwritable_cache_names_the_variable(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(ConfigError, match="REWARDSMITH_CACHE"):
        compiled_game(CoinSettings(), blocker / "cache")


def test_cache_folder_follows_the_variable() -> None:
    assert str(cache_folder()) == os.environ["REWARDSMITH_CACHE"]
