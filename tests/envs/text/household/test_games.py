"""Games in the layout of ALFWorld's data set, written by our generator and read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rewardsmith.envs.text.household.games import (
    Generated,
    find_games,
    read_game,
    write_game,
)
from rewardsmith.envs.text.household.rooms import Furnishing
from rewardsmith.errors import ConfigError

SIZE = Furnishing(1, 1)


def fill(root: Path, kinds: list[str]) -> None:
    for i, kind in enumerate(kinds):
        write_game(root / f"{kind}-{i}" / "trial_1", Generated(kind, SIZE).game(2 * i))


def test_a_written_game_is_read_back(tmp_path: Path) -> None:
    game = Generated("examine", SIZE).game(3)
    write_game(tmp_path, game)
    assert read_game(tmp_path) == game


def test_stored_games_are_played(tmp_path: Path, build: Any) -> None:
    fill(tmp_path / "train", ["pick", "heat"])
    fill(tmp_path / "valid_unseen", ["pick"])
    env = build(games=str(tmp_path))
    text, info = env.reset(options={"task": 0})  # folders in the order of their names
    assert info["features"]["kind"] == "heat"
    assert f"Your task is to: {info['features']['objective']}." in text
    done = False
    while not done:
        _, reward, done, _, info = env.step(env.expert_action())
    assert (reward, info["is_success"]) == (1.0, True)
    assert build(games=str(tmp_path), split="test").reset()[1]["features"]["kind"] == "pick"


def test_a_folder_without_splits_is_split_evenly(tmp_path: Path) -> None:
    fill(tmp_path, ["pick"] * 3)
    train, test = find_games(tmp_path, "train", "any"), find_games(tmp_path, "test", "any")
    assert (len(train), len(test)) == (2, 1)
    assert not set(train) & set(test)


def test_only_wanted_games_are_found(tmp_path: Path) -> None:
    fill(tmp_path / "train", ["pick", "cool", "clean"])
    assert [p.parent.name for p in find_games(tmp_path, "train", "cool")] == ["cool-1"]
    write_game(tmp_path / "train" / "pick-Sliced" / "trial", Generated("pick", SIZE).game(0))
    path = tmp_path / "train" / "clean-2" / "trial_1" / "game.tw-pddl"
    path.write_text(json.dumps({**json.loads(path.read_text()), "solvable": False}))
    names = [p.parent.name for p in find_games(tmp_path, "train", "any")]
    assert names == ["cool-1", "pick-0"]


def test_a_grammar_in_a_file_is_never_run(tmp_path: Path, build: Any) -> None:
    fill(tmp_path / "train", ["pick"])
    path = tmp_path / "train" / "pick-0" / "trial_1" / "game.tw-pddl"
    data = json.loads(path.read_text())
    trap = tmp_path / "trap"
    said = data["grammar"].replace("You are in the middle", f"{{open('{trap}', 'w')}} You are")
    assert said != data["grammar"]
    path.write_text(json.dumps({**data, "grammar": said}))
    text, _ = build(games=str(tmp_path)).reset()
    assert "You are in the middle" in text
    assert not trap.exists()


def test_a_folder_without_games_says_what_is_wanted(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"game\.tw-pddl.*Received"):
        find_games(tmp_path, "train", "any")


def test_a_broken_game_names_its_folder(tmp_path: Path) -> None:
    (tmp_path / "game.tw-pddl").write_text("{}")
    (tmp_path / "traj_data.json").write_text("{}")
    with pytest.raises(ConfigError, match="pddl_problem"):
        read_game(tmp_path)
