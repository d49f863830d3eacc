"""Every reward that docs/rewards.md shows is one, and claims what the page says."""

import re
from pathlib import Path

import pytest

from rewardsmith import RewardStack

PAGE = (Path(__file__).parent.parent / "docs" / "rewards.md").read_text(encoding="utf-8")
FORMULAS = [
    line
    for block in re.findall(r"```reward\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_every_formula_reads(formula):
    stack = RewardStack.parse(formula)
    assert RewardStack.parse(stack.formula).hash == stack.hash


def test_the_yaml_reads(tmp_path):
    (tmp_path / "r.yaml").write_text(re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1])
    stack = RewardStack.parse(tmp_path / "r.yaml")
    assert stack.names == ("env", "shape", "hint")
    assert stack.guarantee == "asymptotic"


@pytest.mark.parametrize(
    ("formula", "claim"),
    [
        ("env + potential(x, anneal=10)", "invariant"),
        ("env + scale(potential(x), 2)", "invariant"),
        ("env + linear(1, 0, steps=9)*x", "asymptotic"),
        ("potential(x)", "biased"),
        ("env + clip(potential(x), 0, 1)", "biased"),
    ],
)
def test_claims_are_as_the_page_says(formula, claim):
    assert RewardStack.parse(formula).guarantee == claim
