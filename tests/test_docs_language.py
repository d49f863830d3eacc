"""Every reward that docs/language-signals.md shows is one, and every term it lists exists."""

import re
from pathlib import Path

import pytest

from rewardsmith import RewardStack
from rewardsmith.registry import term_names
from rewardsmith.rewards import consistency, judge, likelihood, normalize, verifiable

PAGE = (Path(__file__).parent.parent / "docs" / "language-signals.md").read_text(encoding="utf-8")
FORMULAS = [
    line
    for block in re.findall(r"```reward\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
]
LISTED = set(re.findall(r"^\| `([a-z_0-9]+)\(", PAGE, re.MULTILINE))


@pytest.mark.parametrize("formula", FORMULAS)
def test_every_formula_reads(formula):
    stack = RewardStack.parse(formula)
    assert RewardStack.parse(stack.formula).hash == stack.hash
    assert stack.guarantee == "biased"


def test_the_tables_list_the_terms_that_there_are():
    assert set(term_names()) >= LISTED
    for folder in (verifiable, consistency, normalize, likelihood, judge):
        assert set(folder.TERMS) <= LISTED
