from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy

import numpy as np
import pytest

from rewardsmith.errors import LanguageError
from rewardsmith.features import Feature, FeatureSchema
from rewardsmith.language import compile_expression, compile_many, parse_expression
from rewardsmith.language.nodes import Binary, Const, Expr, Name
from rewardsmith.transition import Transition

Batch = Callable[[int, int], Transition]
#: enough rows for results to be written over operands
MANY = 1000


@pytest.mark.parametrize(
    "text",
    [
        "2*sum(p) + 1",
        "-mean(p)",
        "2*max(p) - min(p)",
        "sum(p[0] + 0*x)*3",
        "sum(2*p)/3",
    ],
)
def test_data_that_breaks_its_schema_is_not_written_over(text: str, batch: Batch) -> None:
    """The schema says three numbers per row, the data has one, which is its own sum."""
    schema = FeatureSchema([Feature("p", "a place", (3,)), Feature("x", "a number")])
    tr = batch(MANY, 0)
    tr.features = {"p": np.arange(MANY) + 0.5, "x": np.ones(MANY)}
    run = compile_expression(parse_expression(text), schema=schema)
    with suppress(LanguageError):  # it may notice, or not
        run(tr)
    np.testing.assert_array_equal(tr.features["p"], np.arange(MANY) + 0.5)
    np.testing.assert_array_equal(tr.features["x"], np.ones(MANY))


def test_results_belong_to_the_caller(schema: FeatureSchema, batch: Batch) -> None:
    run = compile_many(
        [parse_expression(t) for t in ("exp(x)*2 + y", "exp(x)*2", "exp(x)")], schema=schema
    )
    first = run(batch(MANY, 1))
    kept = deepcopy(first)
    run(batch(MANY, 2))
    np.testing.assert_array_equal(first, kept)
    x, y = batch(MANY, 1).features["x"], batch(MANY, 1).features["y"]
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(first, [np.exp(x) * 2 + y, np.exp(x) * 2, np.exp(x)])


def test_arrays_that_may_not_be_written_to_are_only_read(batch: Batch) -> None:
    tr = batch(MANY, 3)
    for values in (*tr.features.values(), tr.env_reward, tr.obs, tr.action, tr.t):
        assert isinstance(values, np.ndarray)
        values.flags.writeable = False
    texts = ("-x + 1", "-reward*2", "-obs[0]", "-t", "-p[1]", "norm(-p)", "-action", "-grid[0, 1]")
    for text in texts:
        compile_expression(parse_expression(text))(tr)


def test_long_chains_run(batch: Batch) -> None:
    tree: Expr = Name("count")
    for _ in range(150):
        tree = Binary("+", tree, Const(1.0))
    tr = batch(5, 4)
    np.testing.assert_array_equal(compile_expression(tree)(tr), tr.features["count"] + 150)


@pytest.mark.parametrize(
    ("text", "caret"),
    [
        ("1 + missing*2", "    ^^^^^^^"),
        ("x + sum(obs*grid[0])", "        ^^^^^^^^^^^"),
        ("abs(x) + x[0]", "         ^^^^"),
        ("abs(x + 1) + (x + 1)[0] + exp(x + 1)", "             ^^^^^^^^^^"),
    ],
)
def test_errors_show_the_part_that_failed(text: str, caret: str, batch: Batch) -> None:
    tr = batch(4, 5)
    tr.obs = np.zeros((4, 2))
    with pytest.raises(LanguageError) as caught:
        compile_expression(parse_expression(text), source=text)(tr)
    assert str(caught.value).splitlines()[-1] == f"    {caret}"
