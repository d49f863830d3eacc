from __future__ import annotations

import pytest

from rewardsmith.errors import LanguageError, UnknownNameError
from rewardsmith.features import Feature, FeatureSchema
from rewardsmith.language import (
    builtins_used,
    names,
    parse_expression,
    parse_reward,
    uses_next,
    validate_expression,
)
from rewardsmith.language.nodes import Call, Name

SCHEMA = FeatureSchema(
    [
        Feature("has_key", "whether the agent holds the key", dtype="bool"),
        Feature("distance", "steps to the goal"),
        Feature("p", "position", (2,)),
        Feature("q", "a point in space", (3,)),
        Feature("grid", "an image", (4, 3)),
        Feature("mission", "what to do", dtype="text"),
    ]
)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("has_key + distance", ()),
        ("2", ()),
        ("p", (2,)),
        ("distance*p", (2,)),
        ("next(p) - p", (2,)),
        ("norm(p)", ()),
        ("p[1]", ()),
        ("grid[0]", (3,)),
        ("grid[-4, 2]", ()),
        ("grid + q", (4, 3)),
        ("where(p > 0, 1, distance)", (2,)),
        ("min(p, 0)", (2,)),
        ("min(p)", ()),
        ("tolerance(p)", (2,)),
        ("obs[0] + distance", None),
        ("sum(obs) + reward + t", ()),
        ("action", None),
    ],
)
def test_shapes_of_one_row(text: str, shape: tuple[int, ...] | None) -> None:
    assert validate_expression(parse_expression(text), SCHEMA) == shape


def test_obs_and_its_shape_may_be_in_the_schema() -> None:
    schema = FeatureSchema([Feature("obs", "observation", (4,))])
    assert validate_expression(parse_expression("obs[3]"), schema) == ()
    with pytest.raises(LanguageError, match="out of range"):
        validate_expression(parse_expression("obs[4]"), schema)


@pytest.mark.parametrize(
    ("text", "rule", "caret"),
    [
        ("1 + has_kye", "Unknown feature 'has_kye'. Did you mean 'has_key'?", (4, 7)),
        ("1 + 2*rnd", "Unknown feature 'rnd'. rnd is a term: write rnd().", (6, 3)),
        ("xyzzy", "Known: has_key, distance, p, q, grid, obs, action, reward, t", (0, 5)),
        ("rewrd", "Did you mean 'reward'?", (0, 5)),
        ("2*mission", "'mission' is text", (2, 7)),
        ("p[2]", "Index 2 is out of range for shape (2,)", (0, 4)),
        ("p[-3]", "from -2 to -1", (0, 5)),
        ("p[0, 0]", "cannot be indexed with [0, 0]", (0, 7)),
        ("distance[0]", "one number per row", (0, 11)),
        ("1 + norm(p + q)", "(2,) and (3,) do not fit", (9, 5)),
        ("next(1*next(distance))", "s_{t+2}", (7, 14)),
        ("next(action)", "changes with the state", (0, 12)),
    ],
)
def test_errors_show_the_place(text: str, rule: str, caret: tuple[int, int]) -> None:
    with pytest.raises(LanguageError) as caught:
        validate_expression(parse_expression(text), SCHEMA, source=text)
    assert rule in str(caught.value)
    assert (caught.value.line, caught.value.column, caught.value.width) == (1, *caret)


def test_an_unknown_feature_is_an_unknown_name_too() -> None:
    with pytest.raises(UnknownNameError, match="has_key"):
        validate_expression(parse_expression("has_kee"), SCHEMA)


def test_next_may_be_refused() -> None:
    with pytest.raises(LanguageError, match="Not here"):
        validate_expression(parse_expression("next(distance)"), SCHEMA, allow_next=False)


@pytest.mark.parametrize("text", ["next(distance)", "action + distance", "2*reward"])
def test_a_potential_is_a_function_of_one_state(text: str) -> None:
    with pytest.raises(LanguageError, match="function of one state"):
        validate_expression(parse_expression(text), SCHEMA, state_only=True)


def test_a_potential_may_read_time_and_features() -> None:
    assert validate_expression(parse_expression("t + distance"), SCHEMA, state_only=True) == ()


@pytest.mark.parametrize(
    ("tree", "rule"),
    [
        (Call("where", (Name("p"),)), "where(condition, a, b)"),
        (Call("norn", (Name("p"),)), "Did you mean 'norm'?"),
    ],
)
def test_trees_built_in_python_are_checked_too(tree: Call, rule: str) -> None:
    with pytest.raises(LanguageError) as caught:
        validate_expression(tree, SCHEMA)
    assert rule in str(caught.value)


def test_what_a_reward_reads() -> None:
    tree = parse_reward("env + when(a > t, potential(b)) + next(c)*reward", ["potential", "when"])
    assert names(tree) == {"a", "b", "c"}
    assert builtins_used(tree) == {"t", "reward"}
    assert uses_next(tree)
    assert not uses_next(parse_expression("a + b"))
