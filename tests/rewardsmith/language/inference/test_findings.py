"""What is found, where its caret stands, and what is left in peace."""

from __future__ import annotations

import pytest

from rewardsmith.features import FeatureSchema
from rewardsmith.language import parse_expression
from rewardsmith.language.inference import KINDS, expression_findings


@pytest.mark.parametrize(
    ("text", "kind", "place"),
    [
        ("1 + x/d", "division-by-zero", "x/d"),
        ("x // x", "division-by-zero", "x // x"),
        ("5 % d", "division-by-zero", "5 % d"),
        ("d**-1", "division-by-zero", "d**-1"),
        ("2*log(d)", "log", "log(d)"),
        ("sqrt(x) + 1", "sqrt", "sqrt(x)"),
        ("x**1.5", "power", "x**1.5"),
        ("x**abs(p[0])", "power", "x**abs(p[0])"),
        ("exp(1000*d)", "overflow", "exp(1000*d)"),
        ("where(x > 3, 1, 2)", "dead-branch", "x > 3"),
        ("where(d + 1, 1, 2)", "dead-branch", "d + 1"),
        ("x + (d <= 5)", "dead-branch", "d <= 5"),
        ("clip(x, -2, 3)", "no-effect", "clip(x, -2, 3)"),
        ("max(d, 0)", "no-effect", "max(d, 0)"),
        ("min(x, d, 7) + min(x, 7)", "no-effect", "min(x, 7)"),
        ("tolerance(x, bounds=(-2, 3))", "no-effect", "tolerance(x, bounds=(-2, 3))"),
        ("x + p + obs[-1]*q", "shape", "q"),
    ],
)
def test_one_finding_with_its_place(
    text: str, kind: str, place: str, schema: FeatureSchema
) -> None:
    (found,) = expression_findings(parse_expression(text), schema, source=text)
    assert found.kind == kind in KINDS
    assert (found.line, text[found.column :][: found.width]) == (1, place)
    assert str(found).endswith("^" * len(place))


@pytest.mark.parametrize(
    "text",
    [
        "where(x > 0, log(x), 0)",
        "where(x >= 0 and d > 0, sqrt(x)/d, 0)",
        "where(x <= 0, 0, log(x))",
        "where(norm(p) > 0, x/norm(p), 0)",
        "where(x != 0, 1/x, 0)",
        "where(p > 0, log(p), 0)",
        "where(all(p > 0), log(min(p)), 0)",
        "x > 0 and log(x) > -1",
        "sqrt(x*x + x**2)",
        "1/max(d, 1)",
        "log(abs(x) + 0.1)",
        "where(1 > 2, log(x), 0)",  # a loop that was unrolled writes such conditions
        "exp(-abs(speed))",
        "clip(x, 0, 5)",
        "max(x, 0)",
    ],
)
def test_a_guard_is_understood(text: str, schema: FeatureSchema) -> None:
    assert expression_findings(parse_expression(text), schema) == []


def test_a_guard_on_another_feature_does_not_count(schema: FeatureSchema) -> None:
    (found,) = expression_findings(parse_expression("where(x > 0, log(next(x)), 0)"), schema)
    assert found.kind == "log"


def test_a_dead_branch_is_not_searched(schema: FeatureSchema) -> None:
    found = expression_findings(parse_expression("where(x > 5, log(x)/d, 1)"), schema)
    assert [f.kind for f in found] == ["dead-branch"]
