"""`on=`: what a term looks at, named."""

from __future__ import annotations

import pytest

from rewardsmith.errors import LanguageError
from rewardsmith.language import format_reward, parse_reward

TERMS = ["env", "value", "rnd", "tolerance"]


@pytest.mark.parametrize(
    ("named", "placed"),
    [
        ("0.5*rnd(on=a)", "0.5*rnd(a)"),
        ("rnd(on=[a, norm(b)], seed=3)", "rnd(a, norm(b), seed=3)"),
        ("env + tolerance(on=x, bounds=(0, 1))", "env + tolerance(x, bounds=(0, 1))"),
    ],
)
def test_on_is_one_more_way_to_give_arguments(named: str, placed: str) -> None:
    tree = parse_reward(named, TERMS)
    assert tree == parse_reward(placed, TERMS)
    assert format_reward(tree) == placed


@pytest.mark.parametrize("text", ["rnd(a, on=b)", "rnd(on=[a], on=b)", "rnd(on=[[a]])"])
def test_what_cannot_be_looked_at(text: str) -> None:
    with pytest.raises(LanguageError):
        parse_reward(text, TERMS)
