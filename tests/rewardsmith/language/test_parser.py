from __future__ import annotations

import pytest

from rewardsmith.errors import LanguageError
from rewardsmith.language import parse_argument, parse_expression, parse_reward
from rewardsmith.language.nodes import Name, Next
from rewardsmith.registry import term_names


def test_the_terms_are_those_of_the_registry_unless_given() -> None:
    text = "env + potential(a) + when(a > 0, tolerance(a, margin=2))"
    assert {"env", "potential", "when", "tolerance"} <= set(term_names())
    assert parse_reward(text) == parse_reward(text, term_names())
    with pytest.raises(LanguageError, match="Unknown function 'potential'"):
        parse_reward(text, terms=[])


def test_env_and_value_are_always_terms() -> None:
    kinds = [item.term.term for item in parse_reward("env + value(a)", terms=[]).items]
    assert kinds == ["env", "value"]


@pytest.mark.parametrize("parse", [parse_expression, parse_reward, parse_argument])
def test_messages_name_the_source(parse: object) -> None:
    assert callable(parse)
    with pytest.raises(LanguageError, match=r"^In door_key\.yaml: "):
        parse("a.b", source_name="door_key.yaml")


def test_nodes_know_their_place_and_compare_without_it() -> None:
    tree = parse_expression("  next(\n  speed)")
    assert tree == Next(Name("speed"))
    assert tree.span == (1, 2, 5)  # as far as its first line goes
    assert [node.span for node in tree.walk()][1] == (2, 2, 5)
