from __future__ import annotations

import copy
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest

from rewardsmith.envs.text.science import jvm
from rewardsmith.envs.text.science.science_env import ScienceWorldEnv, make_env, task_names
from rewardsmith.errors import ConfigError, ContractError, RewardsmithError, UnknownNameError
from rewardsmith.testing import check_env as check_contract


def test_the_gold_path_solves_the_task(world: ScienceWorldEnv) -> None:
    text, info = world.reset(options={"task": 0})
    assert text.startswith("Your task is to find a(n) living thing.")
    total, done, count = 0.0, False, 0
    while not done:
        _, reward, done, _, info = world.step(world.expert_action())
        world.feature_schema.validate(info["features"])
        total, count = total + reward, count + 1
    features = info["features"]
    assert total == pytest.approx(1.0)
    assert (features["score"], features["subgoals_done"]) == (100, features["subgoals"])
    assert info["is_success"]
    assert not features["failed"]
    assert features["moves"] <= count
    with pytest.raises(gym.error.ResetNeeded):
        world.step("look around")


def test_a_wrong_focus_ends_the_episode_at_minus_100(world: ScienceWorldEnv) -> None:
    world.reset(options={"task": 0})
    _, reward, done, _, info = world.step("focus on air")
    assert (reward, done) == (-1.0, True)
    assert (info["features"]["score"], info["features"]["failed"]) == (-100, True)
    assert not info["is_success"]


@pytest.mark.parametrize("line", ["dance", "open", " ", "take the lamp and go"])
def test_unknown_commands_get_a_hint_and_take_no_time(world: ScienceWorldEnv, line: str) -> None:
    world.reset(options={"task": 0})
    text, reward, done, _, info = world.step(line)
    assert "The forms of commands are" in text
    assert (reward, done, info["features"]["moves"]) == (-0.01, False, 0)
    assert world.expert_line() == world._gold_path()[0]


def test_a_request_to_choose_is_answered_or_left(world: ScienceWorldEnv) -> None:
    world.reset(options={"task": 0})
    while "Ambiguous" not in (text := world.step("open door")[0]):
        world.step(world.expert_line())
    assert world.step("look around")[0].startswith("This")
    world.step("open door")
    assert "door" in world.step("0")[0]
    assert text.startswith("Ambiguous request")


def test_the_expert_refuses_another_path(world: ScienceWorldEnv) -> None:
    world.reset(options={"task": 0})
    world.step("wait1")
    with pytest.raises(ConfigError, match="gold path"):
        world.expert_line()


def test_splits_are_the_packages_own() -> None:
    sizes, texts = {}, {}
    for split in ("train", "dev", "test"):
        env = make_env(task_name=["boil", "find-plant"], split=split)
        texts[split] = env.reset(options={"task": 0})[0]
        sizes[split] = len(env._tasks)
        with pytest.raises(ConfigError, match=f"0..{sizes[split] - 1}"):
            env.reset(options={"task": sizes[split]})
        env.close()
    # boil has 14, 7 and 9 variations, find-plant 150, 75 and 75.
    assert sizes == {"train": 164, "dev": 82, "test": 84}
    assert "boil" in texts["train"]


def test_commands_are_listed_on_request(world: ScienceWorldEnv) -> None:
    env = make_env(list_commands=True, actions="index", obs="hash", max_commands=500)
    _, info = env.reset(options={"task": 0})
    commands = info["admissible_commands"]
    assert {"look around", "open door to hallway", "inventory"} & set(commands)
    assert 100 < len(commands) == env.action_masks().sum()
    _, _, _, _, info = env.step(commands.index("look around"))
    assert info["features"]["understood"]
    env.close()
    assert not world.lists_commands


def test_it_keeps_the_contract_and_refuses_a_copy(world: ScienceWorldEnv) -> None:
    report = check_contract(world, episodes=1, steps=4)
    assert {f.name for f in report.unchecked} <= {"deep copy", "rendering", "task reward"}
    with pytest.raises(ContractError, match="Java"):
        copy.deepcopy(world)


def test_bad_names_get_near_misses() -> None:
    assert len(task_names()) == 30
    with pytest.raises(UnknownNameError, match="Did you mean 'find-plant'"):
        make_env(task_name="find-plants")
    with pytest.raises(UnknownNameError, match="Did you mean 'openDoors'"):
        make_env(simplifications=["opendoors"])
    with pytest.raises(ConfigError, match="electrical"):
        make_env(task_name="test-conductivity", simplifications=["noElectricalAction"])
    with pytest.raises(ConfigError, match="Received none"):
        make_env(task_name=[])


def test_envs_share_one_machine(world: ScienceWorldEnv) -> None:
    pid, games = jvm.machine().pid, jvm.machine().games
    other = make_env()
    first, _ = other.reset(options={"task": 1})
    world.reset(options={"task": 0})
    assert other.step("look around")[0] in first  # the other game did not move
    assert (jvm.machine().pid, jvm.machine().games) == (pid, games + 1)
    other.close()
    assert jvm.machine().games == games


_PLAY = """
import sys, time
from rewardsmith.envs.text.science import jvm
game = jvm.open_game()
print(jvm.machine().pid, flush=True)
if sys.argv[1] == "wait":
    time.sleep(60)
"""


def _gone(pid: int) -> bool:
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.1)
    return False


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="reads /proc")
@pytest.mark.parametrize("end", ["kill", "exit"])
def test_java_ends_with_the_process(end: str, world: Any) -> None:
    command = [sys.executable, "-c", _PLAY, "wait" if end == "kill" else "end"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    java = int(process.stdout.readline())
    if end == "kill":
        assert Path(f"/proc/{java}").exists()
        os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=30)
    process.stdout.close()
    assert _gone(java)


def test_without_a_game_there_is_no_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jvm, "_running", [])
    with pytest.raises(RewardsmithError, match="reset"):
        jvm.machine()
    jvm.close_game(None)
