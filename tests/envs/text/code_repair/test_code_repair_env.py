from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from rewardsmith.contained import ContainmentError, runner
from rewardsmith.envs.text.code_repair import tasks
from rewardsmith.envs.text.code_repair.code_repair_env import CodeRepair
from rewardsmith.testing import check_env


def solve(env: Any, task: int) -> tuple[list[str], float, dict[str, Any]]:
    _, info = env.reset(options={"task": task})
    assert info["features"]["tests_passed"] < info["features"]["tests_total"]
    lines, done, paid = [], False, 0.0
    while not done and len(lines) < 12:
        lines.append(env.expert_line())
        _, reward, done, _, info = env.step(lines[-1])
        env.feature_schema.validate(info["features"])
        paid += reward
    return lines, paid, info


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("easy", [False, True])
def test_the_expert_solves_every_task(build: Any, split: str, easy: bool) -> None:
    env = build(easy, split=split)
    for task in range(2):
        lines, paid, info = solve(env, task)
        assert paid == 1.0
        assert lines[-2:] == ["run tests", "submit"]
        features = info["features"]
        assert info["is_success"]
        assert features["bug_fixed"]
        assert features["hidden_passed"] == features["hidden_total"]
        assert features["tests_weighted"] == pytest.approx(1.0)
        assert features["diff"] == features["reference_diff"] != ""


def test_the_expert_also_mends_what_the_agent_has_broken(build: Any) -> None:
    env = build()
    env.reset(options={"task": 0})
    file = "shop/stock.py"
    for line in (f"delete {file} 5", f"insert {file} 1: import os", f"replace {file} 9:"):
        assert env.step(line)[4]["features"]["understood"]
    assert env.features()["lines_changed"] == 4  # one gone, one more, one made empty
    done, count = False, 0
    while not done:
        _, reward, done, _, info = env.step(env.expert_line())
        count += 1
        assert count < 15
    assert reward == 1.0
    assert info["features"]["files_touched"] == 1


def test_handing_in_a_broken_repository_pays_nothing(build: Any) -> None:
    env = build()
    env.reset(options={"task": 0})
    text, reward, done, _, info = env.step("submit")
    assert (reward, done, info["is_success"]) == (0.0, True, False)
    assert info["features"]["submitted"]
    assert "you could not see" in text


def test_results_have_the_shape_of_the_tests(build: Any) -> None:
    env = build(tests=5, hidden=3)
    _, info = env.reset(options={"task": 0})
    env.feature_schema.validate(info["features"])
    results = info["features"]["test_results"]
    assert results.shape == (5,)
    assert results.sum() == info["features"]["tests_passed"] < 5
    assert build().feature_schema["test_results"].shape == (16,)


def test_tests_speak_of_the_last_run(build: Any) -> None:
    env = build()
    _, info = env.reset(options={"task": 0})
    before = info["features"]["tests_passed"]
    info = env.step("insert shop/rates.py 1: 1 +")[4]
    assert not info["features"]["parses"]
    assert not info["features"]["tests_current"]
    assert info["features"]["tests_passed"] == before
    info = env.step("run tests")[4]
    assert (info["features"]["tests_passed"], info["features"]["tests_current"]) == (0, True)
    assert info["features"]["tests_weighted"] == 0.0


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("fix it", "Try `show FILE`"),
        ("show nothing.py", "There is no file 'nothing.py'"),
        ("show ../../etc/passwd", "There is no file"),
        ("replace /etc/passwd 1: x", "There is no file"),
        ("replace shop/rates.py 999: x", "lines 1 to 26"),
        ("replace shop/rates.py 0: x", "lines 1 to 26"),
        ("replace shop/rates.py 99999999999999999999: x", "No such line"),
        ("replace shop/rates.py", "Try `show FILE`"),
        ("delete tests/test_rates.py 1", "Tests cannot be edited"),
        ("", "You said nothing"),
        ("x" * 500, "at most 400"),
    ],
)
def test_bad_lines_get_a_hint_and_change_nothing(build: Any, line: str, said: str) -> None:
    env = build()
    _, before = env.reset(options={"task": 0})
    text, reward, done, _, after = env.step(line)
    assert said in text
    assert (reward, done) == (-0.01, False)
    ours = {"understood", "turns", "caption"}
    for name, value in before["features"].items():
        assert name in ours or np.array_equal(after["features"][name], value)


@pytest.mark.parametrize(
    "code",
    [
        "while True: pass",
        "import os; os._exit(0)",
        "import os; [os.fork() for _ in range(99)]",
        "raise SystemExit",
        "x = bytearray(10 << 30)",
        "import os; os.write(3, b'{\"value\": 0}\\n' * 10**5)",
        "import socket; socket.create_connection(('127.0.0.1', 1))",
        "import sys; sys.exit = print; print('16 of 16 tests pass.' * 10**6)",
    ],
)
def test_hostile_code_wins_nothing_and_harms_nothing(build: Any, code: str) -> None:
    env = build(seconds=1.0)
    env.reset(options={"task": 0})
    assert env.step(f"insert shop/rates.py 5: {code}")[4]["features"]["parses"]
    _, reward, done, _, info = env.step("submit")
    assert (reward, done, info["is_success"]) == (0.0, True, False)


def test_same_task_same_episode_and_splits_share_no_bug(build: Any) -> None:
    first = build().reset(options={"task": 3})
    tasks.draw.cache_clear()
    assert build().reset(options={"task": 3})[0] == first[0]
    for project in tasks.PROJECTS:
        train, test = set(tasks.bugs(project, "train")), set(tasks.bugs(project, "test"))
        assert train
        assert test
        assert not train & test


def test_copies_go_on_alone(build: Any) -> None:
    env = build()
    env.reset(options={"task": 0})
    for other in (copy.deepcopy(env), pickle.loads(pickle.dumps(env))):
        other.step("delete shop/rates.py 1")
        assert other.features()["edits"] == 1
        assert env.features()["edits"] == 0
    assert env.features()["diff"] == ""


@pytest.mark.parametrize("easy", [False, True])
def test_it_keeps_the_contract(build: Any, easy: bool) -> None:
    report = check_env(build(easy, max_commands=10), episodes=1, steps=5)
    assert not report.failed


def test_the_easy_one_can_be_solved_after_any_choice(build: Any) -> None:
    env = build(easy=True, actions="index", obs="hash", max_commands=10)
    env.reset(options={"task": 1})
    assert len(env.admissible_commands) <= 10
    for index in (2, 3, 4, 5):  # change all four places, the wrong one among them
        env.step(index)
    assert env.features()["lines_changed"] == 8
    done, paid = False, 0.0
    while not done:
        _, paid, done, _, _ = env.step(env.expert_action())
    assert paid == 1.0


def test_a_machine_that_contains_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "containment", lambda: "none")
    with pytest.raises(ContainmentError, match="namespaces"):
        CodeRepair(allow_weaker=True)
    monkeypatch.setattr(runner, "containment", lambda: "weaker")
    with pytest.raises(ContainmentError, match="allow_weaker=True"):
        CodeRepair()
    runner._warn_once.cache_clear()
    with pytest.warns(RuntimeWarning, match="can read"):
        CodeRepair(allow_weaker=True)
