"""The opening of docs/intrinsic.md: its examples run, its table lists every term."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from rewardsmith.registry import find_term
from rewardsmith.rewards.intrinsic import TERMS

PAGE = Path(__file__).parents[3] / "docs" / "intrinsic.md"
OPENING = PAGE.read_text(encoding="utf-8").partition("\n## ")[0]
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", OPENING, flags=re.MULTILINE | re.DOTALL)
ROWS = {
    name: row
    for row in re.findall(r"^\| `.*\|$", OPENING, flags=re.MULTILINE)
    for name in re.findall(r"`(\w+)`", row.split("|")[1])
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_prints_what_it_says(example: str) -> None:
    command = [sys.executable, "-W", "error", "-c", example]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert printed.stdout.strip() == "\n".join(re.findall(r"print\(.*\)  # (.*)", example))


def test_there_is_an_example_of_each_place() -> None:
    assert len(EXAMPLES) == 3


def test_every_term_is_named() -> None:
    around = {"adops", "annealed", "grm", "pbim", "pies"}
    assert set(ROWS) == set(TERMS) - around
    assert all(f"`{name}(T" in OPENING for name in around)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_the_table_says_what_replay_does(name: str) -> None:
    assert ("as stored" in ROWS[name]) == find_term(name).remembers


@pytest.mark.parametrize("name", sorted(TERMS))
def test_every_term_has_a_section(name: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    section = page.partition(f"\n### {name}\n")[2].partition("\n#")[0]
    assert len(section.split()) > 20
