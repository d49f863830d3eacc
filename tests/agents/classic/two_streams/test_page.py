"""What docs/intrinsic.md says of two streams."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from rewardsmith.agents.classic.algorithms import find_algorithm
from rewardsmith.agents.classic.settings import make_spec

PAGE = Path(__file__).parents[4] / "docs" / "intrinsic.md"
SECTION = PAGE.read_text(encoding="utf-8").partition("\n## Two streams\n")[2].partition("\n## ")[0]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", SECTION, flags=re.MULTILINE | re.DOTALL)


def test_there_is_one_with_rnd_and_one_with_a_term_named():
    assert ["rnd(" in example for example in blocks("python")] == [True, False]


@pytest.mark.parametrize("example", blocks("python"))
def test_an_example_prints_what_it_says(example):
    command = [sys.executable, "-W", "error", "-c", example]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert f"# {printed.stdout.strip()}\n" in example


def test_the_config_is_one():
    (config,) = blocks("yaml")
    spec = make_spec("CartPole-v1", config=yaml.safe_load(config))
    assert (spec.algo, spec.gamma) == ("two_streams", 0.999)


def test_the_table_lists_every_setting():
    named = {n for row in re.findall(r"^\| (`.*?) \|", SECTION, flags=re.M) for n in row.split("`")}
    ours = set(find_algorithm("two_streams").settings())
    assert ours - set(find_algorithm("ppo").settings()) == named & ours
