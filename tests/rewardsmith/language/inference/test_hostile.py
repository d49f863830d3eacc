"""Whatever the parser can give, inference ends with bounds in order, or a `LanguageError`."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

from rewardsmith.errors import LanguageError
from rewardsmith.features import Feature, FeatureSchema
from rewardsmith.language.functions import ELEMENTWISE, REDUCTIONS
from rewardsmith.language.inference import Givens, Interval, expression_findings, infer_expression
from rewardsmith.language.nodes import Binary, Call, Compare, Const, Expr, Index, Logic, Name, Unary

NAMES = ("a", "b", "v", "m", "obs", "action", "reward", "t")
BOUND = st.sampled_from([-float("inf"), -1.7e308, -1e-300, 0.0, 5e-324, 1.0, 1.7e308, float("inf")])


@st.composite
def schemas(draw: st.DrawFn) -> FeatureSchema:
    def feature(name: str, shape: tuple[int, ...]) -> Feature:
        low, high = sorted((draw(BOUND), draw(BOUND)))
        return Feature(
            name, "drawn", shape, low, high, dtype=draw(st.sampled_from(["float", "int"]))
        )

    return FeatureSchema(
        [feature("a", ()), feature("b", ()), feature("v", (2,)), feature("m", (2, 2))]
    )


def _grown(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    three = st.tuples(inner, inner, inner)
    operators = st.sampled_from(["+", "-", "*", "/", "//", "%", "**"])
    orders = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
    one = st.sampled_from([*ELEMENTWISE, *REDUCTIONS])
    options = st.sampled_from([(), (("bounds", (0.0, float("inf"))),), (("margin", 1e-300),)])
    return (
        st.builds(Unary, st.sampled_from(["-", "not"]), inner)
        | st.builds(Binary, operators, inner, inner)
        | st.builds(Compare, st.tuples(orders), st.tuples(inner, inner))
        | st.builds(Compare, st.tuples(orders, orders), three)
        | st.builds(Logic, st.sampled_from(["and", "or"]), several)
        | st.builds(Index, inner, st.tuples(st.integers(-2, 1)))
        | st.builds(Call, one, st.tuples(inner))
        | st.builds(Call, st.sampled_from(["min", "max"]), several)
        | st.builds(Call, st.sampled_from(["where", "clip"]), three)
        | st.builds(Call, st.just("tolerance"), st.tuples(inner), options)
    )


LEAVES = st.one_of(
    st.sampled_from(NAMES).map(Name),
    st.sampled_from([0.0, 1.0, -1.0, 0.5, 2.0, 1e308, 1e-308]).map(Const),
)
TREES = st.recursive(LEAVES, _grown, max_leaves=25)


@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(TREES, schemas())
def test_nothing_but_a_language_error_escapes(tree: Expr, schema: FeatureSchema) -> None:
    try:
        found = infer_expression(tree, Givens(schema))
    except LanguageError:
        return
    assert found.low <= found.high
    assert isinstance(found.interval, Interval)
    for finding in expression_findings(tree, schema):
        assert str(finding)
