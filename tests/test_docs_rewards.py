"""Every reward that docs/rewards.md shows is one, and claims what the page says."""

import math
import re
from pathlib import Path

import pytest

import rewardsmith
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


def test_the_functions_run(tmp_path):
    path = tmp_path / "my_reward.py"
    path.write_text(
        re.search(r"```python\n(# my_reward.*?)```", PAGE, re.DOTALL)[1], encoding="utf-8"
    )
    stack = RewardStack.parse(path)
    assert stack.names == ("env", "near", "effort", "legs", "speed", "potential")
    assert [item.weight for item in stack.tree.items] == [1, 0.1, -0.02, 0.5, 0, 1]
    assert RewardStack.parse(stack.formula).hash == stack.hash
    env = rewardsmith.make("rewardsmith/LunarLander-v0", reward=str(path), gamma=0.99)
    _, before = env.reset(seed=1)
    _, reward, _, _, after = env.step(2)
    env.close()
    # By hand: in the air at first, with the main engine on, the potential at gamma 0.99.
    distance, own = after["features"]["distance_to_pad"], after["reward_env"]
    near = 0.5 * math.exp(-distance / 2.0) + 0.5 * math.exp(-distance / 0.5)
    shaping = -0.1 * (0.99 * distance - before["features"]["distance_to_pad"])
    assert reward == pytest.approx(own + 0.1 * near - 0.02 + shaping)
    assert after["reward_terms"]["effort"] == pytest.approx(-0.02)
    assert after["reward_terms"]["speed"] == 0


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
