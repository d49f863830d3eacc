"""Findings speak the words of the text that they are about."""

from __future__ import annotations

import pytest

from rewardsmith import RewardStack
from rewardsmith.bounds import analyse
from rewardsmith.errors import LanguageError
from rewardsmith.features import Feature, FeatureSchema
from rewardsmith.language import parse_expression, validate_expression
from rewardsmith.language.program.spoken import format_program

SCHEMA = FeatureSchema([Feature("upright", "cosine", low=-1, high=1)])


@pytest.mark.parametrize(
    ("formula", "program"),
    [
        ("next(upright) != 0", "next_f.upright != 0"),
        ("next(obs[0] - x)", "next_obs[0] - next_f.x"),
        ("where(not x > 0 and y, -x, x**2)", "np.where(not f.x > 0 and f.y, -f.x, f.x**2)"),
        ("norm(v)*max(x)", "np.linalg.norm(f.v)*np.max(f.x)"),
        ("max(x, 1) - action[0]*reward", "np.maximum(f.x, 1) - action[0]*env_reward"),
        ("tolerance(x, margin=2)", "tolerance(f.x, margin=2)"),
    ],
)
def test_format(formula: str, program: str) -> None:
    assert format_program(parse_expression(formula)) == program


def messages(text: str) -> str:
    return "\n".join(f.message for f in analyse(RewardStack.parse(text), SCHEMA).findings)


def test_guards_of_a_program() -> None:
    text = "def reward(f, next_f):\n    return f.upright / next_f.upright\n"
    assert "Guard it with np.where(next_f.upright != 0, ..., 0)" in messages(text)
    text = "def reward(f):\n    return np.log(f.upright)\n"
    assert "log of `f.upright`" in messages(text)
    text = "def reward(f, env_reward):\n    return env_reward * f.upright\n"
    assert "own `env_reward` is not known" in messages(text)


def test_guards_of_a_formula() -> None:
    assert "Guard it with where(next(upright) != 0, ..., 0)" in messages("1/next(upright)")
    assert "own `reward` is not known" in messages("value(reward*upright)")


def test_unknown_names() -> None:
    tree = parse_expression("wholly_other")
    with pytest.raises(LanguageError, match=r"Known: .*\benv_reward\b"):
        validate_expression(tree, SCHEMA, source="def reward(f): return f.wholly_other")
    with pytest.raises(LanguageError, match=r"Known: .*, reward\b"):
        validate_expression(tree, SCHEMA, source="wholly_other")


def test_obs_that_is_read_and_dropped() -> None:
    text = "def reward(f, obs):\n    unused = obs[0]\n    return f.upright\n"
    assert "`obs` is read here, and its value is never used" in messages(text)
    assert "obs" not in messages("def reward(f, obs):\n    return f.upright\n")
    assert "never used" not in messages("def reward(next_obs):\n    return next_obs[0]\n")
