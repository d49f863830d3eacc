from __future__ import annotations

import pytest

from rewardsmith.language import labels, parse_reward


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("env + potential(a) + potential(b)", ("env", "potential", "potential_2")),
        ("a + 2*a + a*b", ("a", "a_2", "value")),
        ("potential(a) + env(name='potential')", ("potential_2", "potential")),
        ("a + b*b + value(a, name='a_2') + a", ("a", "value", "a_2", "a_3")),
        ("-0.001 + tolerance(a)", ("value", "tolerance")),
    ],
)
def test_every_term_has_its_own_name(text: str, expected: tuple[str, ...]) -> None:
    assert labels(parse_reward(text, ["potential", "tolerance"])) == expected
