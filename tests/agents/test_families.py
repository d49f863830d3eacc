"""One learner that learns something in each family, through `train` and its defaults.

Grid and control have proofs beside their own tests; games are in multiagent/.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from rewardsmith.agents.classic.settings import make_spec
from rewardsmith.agents.classic.train import train


def first_and_last(folder: Path) -> tuple[dict[str, float], dict[str, float]]:
    """The evaluations before and after training."""
    with (folder / "eval.csv").open() as file:
        rows = list(csv.DictReader(file))
    return tuple({k: float(v) for k, v in row.items()} for row in (rows[0], rows[-1]))


def learn(folder: Path, env_id: str, **settings: Any) -> tuple[dict[str, float], dict[str, float]]:
    spec = make_spec(env_id, reward="potential", eval_every=settings["steps"], **settings)
    train(spec, folder)
    return first_and_last(folder)


def test_text_ppo_finds_the_coin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("textworld")
    monkeypatch.setenv("REWARDSMITH_CACHE", str(tmp_path / "cache"))
    before, after = learn(
        tmp_path / "run",
        "rewardsmith/TextWorld-Coin-v0",
        steps=1280,
        eval_episodes=5,
        env_kwargs={"level": 3, "n_tasks": 1},
    )
    assert before["success"] < 0.9
    assert after["success"] == 1
    assert after["length"] < before["length"] / 2


def test_gui_ppo_clicks_the_button_that_is_named(tmp_path: Path) -> None:
    pytest.importorskip("miniwob")
    before, after = learn(tmp_path / "run", "rewardsmith/miniwob-click-test-2-v0", steps=640)
    # The page pays -1 for the wrong button, 1 for the right one.
    assert before["return"] < 0.7
    assert after["return"] >= 0.8
    assert after["length"] < before["length"]


def test_robotic_sac_with_hindsight_reaches_the_goal(tmp_path: Path) -> None:
    pytest.importorskip("gymnasium_robotics")
    before, after = learn(
        tmp_path / "run", "rewardsmith/FetchReach-v0", algo="sac", steps=1200, eval_episodes=10
    )
    assert before["success"] <= 0.2
    assert after["success"] >= 0.8
