"""`rewardsmith show` as a user runs it."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "rewards.md"


def show(*arguments):
    code = "from rewardsmith.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, "show", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_page_shows_what_is_printed():
    block = re.search(
        r"```console\n\$ rewardsmith show (.*?)\n(.*?)```", PAGE.read_text(), re.DOTALL
    )
    ended = show(*shlex.split(block[1]))
    assert ended.returncode == 0, ended.stderr
    assert block[2] in ended.stdout


def test_the_python_of_the_page_runs():
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (code,) = [block for block in blocks if "analyse" in block]
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert ended.stdout == "(-inf, inf) ['division-by-zero']\n", ended.stderr


def test_an_env_without_bounds_is_named():
    ended = show("env + 0.1*obs[2]**2 + obs[1]", "--env", "CartPole-v1")
    assert ended.returncode == 0, ended.stderr
    assert "The space gives `obs[1]` no finite bounds" in ended.stdout
    assert ended.stdout.count("warning") == 1  # the pole's angle is bounded by the space


def test_json_has_bounds_and_findings():
    ended = show("env - 2*t + log(obs[0])", "--env", "CartPole-v1", "--json")
    data = json.loads(ended.stdout)
    by_name = {part["name"]: part for part in data["components"]}
    assert by_name["env"]["known"] is False
    assert (by_name["t"]["low"], by_name["t"]["high"]) == (-998, 0)  # 500 steps
    assert by_name["value"]["low"] is None
    (found,) = data["findings"]
    assert (found["kind"], found["severity"], found["component"]) == ("log", "warning", "value")
    assert (found["line"], found["column"], found["width"]) == (1, 12, 11)


def test_gamma_is_the_learners():
    arguments = ("potential(has_key + 1)", "--env", "DoorKey-5x5-v0", "--json")
    part = json.loads(show(*arguments, "--gamma", "0.5").stdout)["components"][0]
    assert (part["low"], part["high"]) == (-2, 0)  # 0.5*2 - 1, and 0 - 2 at the end


def test_without_an_env_it_says_that_bounds_need_one():
    ended = show("env + step_cost(0.1) + x")
    assert ended.returncode == 0, ended.stderr
    assert "step_cost  [-0.1, -0.1]" in ended.stdout
    assert "bounds need the features of an env (--env)" in ended.stdout


def test_what_can_never_be_a_number_is_an_error():
    ended = show("env + log(-1 - abs(obs[2]))", "--env", "CartPole-v1")
    assert ended.returncode == 2
    assert "never above 0" in ended.stderr
    assert "^" in ended.stderr
