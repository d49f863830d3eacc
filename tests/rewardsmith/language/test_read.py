"""YAML and plain data, both ways."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardsmith.errors import ConfigError, LanguageError, RewardsmithError, UnknownNameError
from rewardsmith.language import (
    format_reward,
    parse_reward,
    reward_from_data,
    reward_from_yaml,
    reward_to_data,
    reward_to_yaml,
    tree_hash,
)

BY_HAND = """
terms:
  env:
  doors:
    potential: 0.5*has_key + 0.5*door_open
    frame_skip: 4
    weight: 0.5
    schedule: linear(1, 0, steps=1e5)
  reach:
    tolerance: distance
    bounds: [0, 1]
    margin: 4
  gated:
    when:
      - has_key
      - potential: distance
        weight: -2
  ranked:
    tiers:
      - [has_key > 0, env]
      - [door_open, {terms: {env: env, key: 0.1*has_key}}]
  soft:
    clip: [2*env, -1, 1.5]
  cost: -0.01*step_cost()
  long:
    term: outcome
    args: [has_key, env]
    options: {weight: 3}
    schedule: {kind: anneal, args: 1e3}
  pay: has_key
"""
THE_SAME = (
    "env"
    " + 0.5*linear(1, 0, steps=1e5)*potential(0.5*has_key + 0.5*door_open,"
    '  frame_skip=4, name="doors")'
    ' + tolerance(distance, bounds=(0, 1), margin=4, name="reach")'
    ' + when(has_key, -2*potential(distance), name="gated")'
    ' + tiers((has_key > 0, env), (door_open, env + 0.1*value(has_key, name="key")), name="ranked")'
    ' + clip(2*env, -1, 1.5, name="soft")'
    ' - 0.01*step_cost(name="cost")'
    ' + anneal(1e3)*outcome(has_key, env, weight=3, name="long")'
    ' + value(has_key, name="pay")'
)


def test_yaml_as_a_person_writes_it(terms: tuple[str, ...]) -> None:
    assert reward_from_yaml(BY_HAND, terms) == parse_reward(THE_SAME, terms)


def test_yaml_as_we_write_it(terms: tuple[str, ...]) -> None:
    text = (
        'env + 0.5*potential(a + b, frame_skip=4) - 0.001 + when(c, env, name="gated")'
        " + anneal(100)*tolerance(d, bounds=(0, inf))"
    )
    assert reward_to_yaml(parse_reward(text, terms), terms) == (
        "terms:\n"
        "  env: env\n"
        "  potential:\n"
        "    potential: a + b\n"
        "    frame_skip: 4\n"
        "    weight: 0.5\n"
        "  value:\n"
        "    value: -0.001\n"
        "  gated:\n"
        "    when:\n"
        "    - c\n"
        "    - env\n"
        "  tolerance:\n"
        "    tolerance: d\n"
        "    bounds: [0, .inf]\n"
        "    schedule: anneal(100)\n"
    )


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_formula_and_yaml_are_two_spellings_of_one_tree(
    rewards: Any, terms: tuple[str, ...], data: st.DataObject
) -> None:
    tree = data.draw(rewards)
    text = reward_to_yaml(tree, terms)
    back = reward_from_yaml(text, terms)
    assert back == tree
    assert reward_to_yaml(back, terms) == text
    assert reward_from_data(reward_to_data(tree, terms), terms) == tree
    assert tree_hash(back) == tree_hash(parse_reward(format_reward(tree), terms))


def test_a_formula_may_stand_for_the_terms(terms: tuple[str, ...]) -> None:
    tree = parse_reward("env + 0.5*a", terms)
    assert reward_from_data("env + 0.5*a", terms) == tree
    assert reward_from_data({"doc": "one line", "formula": "env + 0.5*a"}, terms) == tree
    assert reward_from_yaml("formula: >\n  env\n  + 0.5*a\n", terms) == tree


@pytest.mark.parametrize(
    ("key", "formula"),
    [
        ("a", "value(a)"),  # the name that it would get anyhow
        ("a_2", "value(a)"),
        ("a_1", 'value(a, name="a_1")'),
        ("bonus", 'value(a, name="bonus")'),
    ],
)
def test_a_key_is_the_name_of_its_term(key: str, formula: str) -> None:
    assert reward_from_data({"terms": {key: {"value": "a"}}}, []) == parse_reward(formula, [])


def test_given_names_that_look_derived_survive() -> None:
    tree = parse_reward("value(a, name='a') + value(a) + value(b, name='a')", [])
    data = reward_to_data(tree, [])
    assert list(data["terms"]) == ["a", "a_2", "a_3"]
    assert reward_from_data(data, []) == tree


def test_an_unnamed_sum_of_tolerances_is_an_expression(terms: tuple[str, ...]) -> None:
    data = {"terms": {"when": {"when": ["a", {"tolerance": "d", "weight": 2}]}}}
    assert reward_from_data(data, terms) == parse_reward("when(a, 2*tolerance(d))", terms)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("env + a", "A reward file is a mapping with `formula:` or `terms:`. Received 'env + a'"),
        ("- env", "`formula:` or `terms:`. Received ['env']"),
        ("3", "`formula:` or `terms:`. Received 3"),
        ("", "`formula:` or `terms:`. Received an empty file"),
        ("{}", "either `formula:` or `terms:`"),
        ("{formula: env, terms: {env: env}}", "either `formula:` or `terms:`"),
        ("{fromula: env}", "Did you mean 'formula'?"),
        ("{formula: 3}", "`formula:` is text. Received 3"),
        ("terms: [env]", "`terms:` is a mapping from names to terms. Received ['env']"),
        ("terms: {}", "at least one term"),
        ("terms: {yes: env}", "put them in quotes. Received True"),
        ("terms: {a: 3}", "A term is text or a mapping"),
        ("terms: {a: env + b}", "One name stands for one term"),
        ("terms: {a: {potental: x}}", "Did you mean 'potential'?"),
        ("terms: {a: {weight: 2}}", "No key says the kind of term"),
        ("terms: {a: {potential: x, value: y}}", "Put an option of that name under `options:`"),
        ("terms: {a: {term: potental}}", "Did you mean 'potential'?"),
        ("terms: {a: {term: [1]}}", "Unknown term"),
        ("terms: {a: {value: x, weight: much}}", "A weight is a finite number. Received 'much'"),
        ("terms: {a: {value: x, weight: .inf}}", "A weight is a finite number"),
        ("terms: {a: {value: x, weight: true}}", "A weight is a finite number"),
        ("terms: {a: {value: yes}}", "put them in quotes"),
        ("terms: {a: {value: .nan}}", "finite number"),
        ("terms: {a: {value: null}}", "An argument is"),
        ("terms: {a: {value: x, name: 3}}", "The name of a term is text"),
        ("terms: {a: {value: x, b: .nan}}", "An option is a number"),
        ("terms: {a: {value: x, b: 2020-01-01}}", "An option is a number"),
        ("terms: {a: {value: x, options: 3}}", "`options:` is a mapping"),
        ("terms: {a: {value: x, schedule: liner(1)}}", "Did you mean 'linear'"),
        ("terms: {a: {value: x, schedule: 0.5}}", "A schedule is text or a mapping"),
        ("terms: {a: {value: x, schedule: '2*linear(1, 0, steps=9)'}}", "A schedule is one of"),
        ("terms: {a: {value: x, schedule: {kind: liner}}}", "Did you mean 'linear'?"),
        ("terms: {a: {tolerance: x, margin: -1}}", "margin is a finite number >= 0"),
        ("terms: {a: {value: 'x +'}}", "ends too early"),
        ("terms: {'': {value: x}}", "The name of a term is a word"),
        ("terms: {env: {value: x}}", "belongs to the environment's own reward"),
        ("terms: {b: env, a: {value: x, name: env}}", "belongs to the environment's own reward"),
        ("term: {a: env}", "Did you mean 'terms'? Received 'term'"),
        ("terms: {a: env, a: env}", "key 'a' is given twice at line 1, column 17"),
        ("terms: {a: &x env, b: *x}", "aliases (*) are not supported"),
        ("terms:\n  a: [1", "at line 2, column"),
        ("a: b: c", "at line 1, column 5"),
        ("!!python/object/apply:os.system ['true']", "could not determine a constructor"),
        ("[" * 3000, "nests too deep"),
        ("x" * 300_000, "characters"),
    ],
)
def test_a_wrong_file_says_the_rule_and_the_place(
    text: str, rule: str, terms: tuple[str, ...]
) -> None:
    with pytest.raises(RewardsmithError) as caught:
        reward_from_yaml(text, terms, "my.yaml")
    assert rule in str(caught.value)


def test_the_error_names_file_and_keys(terms: tuple[str, ...]) -> None:
    text = "terms:\n  doors:\n    when: [key, {potential: 'x + + '}]\n"
    with pytest.raises(LanguageError, match=r"In my\.yaml, terms, doors, when, potential: "):
        reward_from_yaml(text, terms, "my.yaml")


def test_deep_data_is_refused(terms: tuple[str, ...]) -> None:
    data: Any = "a"
    for _ in range(200):
        data = {"normalize": data}
    with pytest.raises(ConfigError, match="60 levels"):
        reward_from_data({"terms": {"a": data}}, terms)


def test_an_unknown_term_is_an_unknown_name(terms: tuple[str, ...]) -> None:
    with pytest.raises(UnknownNameError, match="potential"):
        reward_from_data({"terms": {"a": {"term": "potentil"}}}, terms)
