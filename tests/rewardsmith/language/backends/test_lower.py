from __future__ import annotations

import pytest

from rewardsmith.errors import LanguageError
from rewardsmith.features import Feature, FeatureSchema
from rewardsmith.language import parse_expression
from rewardsmith.language.backends import torch_functions
from rewardsmith.language.backends.lower import lower
from rewardsmith.language.functions import BINARY, COMPARE, ELEMENTWISE, LOGIC, REDUCTIONS
from rewardsmith.language.nodes import Expr, Next
from rewardsmith.language.tolerance import SIGMOIDS


def _operations(*texts: str) -> list[str]:
    steps = lower([parse_expression(text) for text in texts]).steps
    return [step.op for step in steps if step.op not in ("const", "read", "raw")]


@pytest.mark.parametrize(
    ("text", "operations"),
    [
        ("exp(x) + 1/exp(x)", ["exp", "divide", "add"]),
        ("next(x*y) - next(x)*next(y)", ["multiply", "subtract"]),
        ("next(action + reward)*(action + reward)", ["add", "multiply"]),
        ("where(x > 0, x, 0) + (x > 0)", ["greater", "where", "float", "add"]),
        (
            "x > 0 and y > 0 and x > 0",
            ["greater", "greater", "logical_and", "logical_and", "float"],
        ),
        ("not not x", ["not_equal", "logical_not", "logical_not", "float"]),
        ("x**2 + x**0.5 + x**3", ["square", "sqrt", "add", "power", "add"]),
        ("x*(2*3 - 5)", ["multiply"]),
        ("min(1, 2, x)", ["minimum"]),
        ("0 < 1 < x", ["less", "logical_and", "float"]),
    ],
)
def test_equal_parts_are_one_step(text: str, operations: list[str]) -> None:
    assert _operations(text) == operations


def test_features_now_and_next_are_two() -> None:
    steps = lower([parse_expression("x + next(x)")]).steps
    assert [(s.name, s.ahead) for s in steps if s.op == "read"] == [("x", False), ("x", True)]


def test_several_trees_share_steps() -> None:
    assert _operations("norm(p)", "exp(-norm(p))", "norm(p)") == ["norm", "negative", "exp"]
    assert lower([parse_expression("x"), parse_expression("x")]).outputs == (0, 0)


def test_a_schema_tells_shapes() -> None:
    schema = FeatureSchema([Feature("p", "a place", (3,)), Feature("x", "a number")])
    program = lower([parse_expression("norm(p*x) + sum(x) + p[1]")], schema=schema)
    shapes = {
        step.op: facts.shape for step, facts in zip(program.steps, program.facts, strict=True)
    }
    assert shapes["multiply"] == (3,)
    assert shapes["norm"] == shapes["index"] == shapes["add"] == ()
    assert "sum" not in shapes  # a number per row is its own sum


def test_places_are_those_of_the_parts() -> None:
    program = lower([parse_expression("x + exp(y)")])
    pairs = zip(program.steps, program.facts, strict=True)
    places = {step.op: facts.span for step, facts in pairs}
    assert places["exp"] == (1, 4, 6)
    assert places["add"] == (1, 0, 10)


def test_what_no_tree_may_hold() -> None:
    with pytest.raises(LanguageError, match="unknown"):
        lower([Next(Next(parse_expression("x")))])
    with pytest.raises(LanguageError, match="is not an expression"):
        lower([Expr()])


def test_torch_has_every_operation() -> None:
    """One that is added to the language needs its counterpart there."""
    tables = (BINARY, COMPARE, LOGIC, ELEMENTWISE)
    names = {function.__name__ for table in tables for function in table.values()}
    assert names <= set(torch_functions.ELEMENTWISE)
    assert set(torch_functions.REDUCTIONS) == set(REDUCTIONS)
    for sigmoid in SIGMOIDS:
        for margin in (0, 1):
            used = set(_operations(f"tolerance(x, {margin=}, {sigmoid=})")) - {"float", "number"}
            assert used <= set(torch_functions.ELEMENTWISE)
