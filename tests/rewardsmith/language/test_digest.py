from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import pytest

from rewardsmith.language import parse_reward, reward_from_yaml, tree_hash

TERMS = ("potential", "outcome")
#: the canonical content of `0.5*potential(a)`, written by hand
CONTENT = (
    '[1,{"items":[{"node":"Weighted","schedule":null,"term":{"args":[{"name":"a","node":"Name"}],'
    '"name":null,"node":"Term","options":{},"term":"potential"},"weight":{"number":"0.5"}}],'
    '"node":"Sum"}]'
)


def test_it_is_the_sha256_of_the_canonical_content() -> None:
    tree = parse_reward("0.5*potential(a)", TERMS)
    assert tree_hash(tree) == hashlib.sha256(CONTENT.encode()).hexdigest()


@pytest.mark.parametrize("seed", ["0", "1"])
def test_it_does_not_depend_on_the_process(seed: str) -> None:
    code = (
        "from rewardsmith.language import *; "
        "print(tree_hash(parse_reward('0.5*potential(a)', ['potential'])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == hashlib.sha256(CONTENT.encode()).hexdigest()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("env + 0.5*a", "env + 0.25*a"),
        ("env", "2*env"),
        ("env", "env(name='e')"),
        ("env - a", "env + a"),
        ("potential(a)", "potential(next(a))"),
        ("outcome(a, env, n=1)", "outcome(a, env, n=2)"),
        ("outcome(a, env, n=1)", "outcome(a, env, n='1')"),
        ("outcome(a, env, n=True)", "outcome(a, env, n=1)"),
        ("linear(1, 0, steps=5)*env", "linear(1, 0, steps=6)*env"),
        ("a + b", "b + a"),
    ],
)
def test_another_content_has_another_hash(one: str, other: str) -> None:
    assert tree_hash(parse_reward(one, TERMS)) != tree_hash(parse_reward(other, TERMS))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("env+0.5*a", "env  # comment\n  + (0.5*a)"),
        ("outcome(a, env, n=1, m=2)", "outcome(a, env(), m=2.0, n=1.0)"),
        ("tolerance(a, bounds=(0, 1))", "tolerance(a, (0.0, 1.0))"),
        ("env - 1", "env + -1"),
    ],
)
def test_spelling_makes_no_difference(one: str, other: str) -> None:
    terms = (*TERMS, "tolerance")
    assert tree_hash(parse_reward(one, terms)) == tree_hash(parse_reward(other, terms))


def test_yaml_and_formula_agree() -> None:
    text = "terms:\n  env: env\n  p: {potential: a, weight: 1e-1}\n"
    formula = "env + 0.1*potential(a, name='p')"
    assert tree_hash(reward_from_yaml(text, TERMS)) == tree_hash(parse_reward(formula, TERMS))
