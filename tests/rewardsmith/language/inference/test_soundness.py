"""Whatever an expression evaluates to lies where inference said; property-tested."""

from __future__ import annotations

import math
from typing import Any

import hypothesis.strategies as st
import numpy as np
from hypothesis import HealthCheck, given, settings

from rewardsmith.errors import LanguageError
from rewardsmith.features import Feature, FeatureSchema
from rewardsmith.language import compile_expression
from rewardsmith.language.inference import infer_expression
from rewardsmith.language.nodes import (
    Binary,
    Call,
    Compare,
    Const,
    Expr,
    Index,
    Logic,
    Name,
    Next,
    Unary,
)
from rewardsmith.transition import Transition

ROWS = 24
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
NUMBERS = st.sampled_from([-2.5, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 10.0, 1e-3, 300.0])
SIGMOIDS = ("gaussian", "hyperbolic", "long_tail", "linear", "cosine", "tanh_squared")


@st.composite
def features(draw: st.DrawFn, name: str, shape: tuple[int, ...]) -> Feature:
    dtype = draw(st.sampled_from(["float", "int", "bool"]))
    if dtype == "bool":
        return Feature(name, "drawn", shape, dtype="bool")
    low = draw(st.sampled_from([-7.0, -2.0, -1.0, 0.0, 1.0, 3.0]))
    width = draw(st.sampled_from([0.0, 1.0, 2.0, 4.0, 1000.0]))
    if draw(st.integers(0, 9)) == 0:
        return Feature(name, "drawn", shape, dtype=dtype)  # no bounds
    return Feature(name, "drawn", shape, low, low + width, dtype=dtype)


SCHEMAS = st.tuples(features("a", ()), features("b", ()), features("p", (3,)), features("q", (3,)))


def names(vector: bool) -> st.SearchStrategy[Expr]:
    name = st.sampled_from(["p", "q"] if vector else ["a", "b"]).map(Name)
    if vector:
        return st.one_of(name, name.map(Next))
    element = st.tuples(st.sampled_from(["p", "q"]), st.integers(-3, 2)).map(
        lambda e: Index(Name(e[0]), (e[1],))
    )
    return st.one_of(name, name.map(Next), element, NUMBERS.map(Const))


def conditions(depth: int, vector: bool) -> st.SearchStrategy[Expr]:
    inner = trees(depth - 1, vector)
    compare = st.tuples(st.sampled_from(COMPARISONS), inner, inner).map(
        lambda c: Compare((c[0],), (c[1], c[2]))
    )
    chain = st.tuples(st.sampled_from(COMPARISONS), st.sampled_from(COMPARISONS), inner).map(
        lambda c: Compare((c[0], c[1]), (Const(-1.0), c[2], Const(2.0)))
    )
    if depth <= 1:
        return st.one_of(compare, inner)
    deeper = conditions(depth - 1, vector)
    options = [
        compare,
        chain,
        inner,
        deeper.map(lambda c: Unary("not", c)),
        st.tuples(st.sampled_from(["and", "or"]), deeper, deeper).map(
            lambda c: Logic(c[0], (c[1], c[2]))
        ),
    ]
    if not vector:
        several = conditions(depth - 1, vector=True)
        options.append(
            st.tuples(st.sampled_from(["all", "any"]), several).map(lambda c: Call(c[0], (c[1],)))
        )
    return st.one_of(options)


def trees(depth: int, vector: bool) -> st.SearchStrategy[Expr]:
    if depth <= 0:
        return names(vector)
    one = trees(depth - 1, vector)
    two = st.one_of(one, trees(depth - 1, vector=False))
    functions = st.sampled_from(["abs", "exp", "log", "sqrt", "tanh", "sin", "cos", "sign"])
    options = [
        one,
        one.map(lambda e: Unary("-", e)),
        st.tuples(st.sampled_from(["+", "-", "*", "/", "//", "%", "**"]), one, two).map(
            lambda e: Binary(*e)
        ),
        one.map(lambda e: Binary("*", e, e)),
        st.tuples(one, st.sampled_from([-2.0, -1.0, -0.5, 0.5, 1.5, 2.0, 3.0])).map(
            lambda e: Binary("**", e[0], Const(e[1]))
        ),
        st.tuples(functions, one).map(lambda e: Call(e[0], (e[1],))),
        st.tuples(st.sampled_from(["min", "max"]), one, two).map(lambda e: Call(e[0], e[1:])),
        st.tuples(one, two, two).map(lambda e: Call("clip", e)),
        st.tuples(conditions(depth, vector), one, two).map(lambda e: Call("where", e)),
        guarded(one),
        tolerances(one),
    ]
    if not vector:
        reductions = st.sampled_from(["sum", "mean", "norm", "min", "max", "any", "all"])
        options.append(
            st.tuples(reductions, trees(depth - 1, vector=True)).map(lambda e: Call(e[0], (e[1],)))
        )
    return st.one_of(options)


def guarded(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    """where(x > 0, log(x), 0) and the like: the guard is about the very thing it guards."""

    def build(e: tuple[Expr, str, float, str]) -> Expr:
        x, op, edge, name = e
        use = Binary("/", Const(1.0), x) if name == "/" else Call(name, (x,))
        return Call("where", (Compare((op,), (x, Const(edge))), use, x))

    edges = st.sampled_from([0.0, 1.0, -1.0, 2.0])
    uses = st.sampled_from(["log", "sqrt", "/", "exp", "norm", "sum", "abs"])
    return st.tuples(inner, st.sampled_from(COMPARISONS), edges, uses).map(build)


def tolerances(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    bounds = st.sampled_from([(0.0, 0.0), (-1.0, 2.0), (-math.inf, 0.0), (1.0, math.inf)])
    margins = st.sampled_from([0.0, 0.5, 4.0])
    return st.tuples(inner, bounds, margins, st.sampled_from(SIGMOIDS)).map(
        lambda e: Call(
            "tolerance", (e[0],), (("bounds", e[1]), ("margin", e[2]), ("sigmoid", e[3]))
        )
    )


def values(feature: Feature, rng: np.random.Generator) -> Any:
    """Values within the bounds, their ends and 0 among them."""
    low = feature.low if math.isfinite(feature.low) else -1e3
    high = feature.high if math.isfinite(feature.high) else 1e3
    drawn = rng.uniform(low, high, (ROWS, *feature.shape))
    special = np.clip(np.array([low, high, 0.0, -0.0, low, high]), low, high)
    pick = rng.random(drawn.shape) < 0.5
    drawn = np.where(pick, rng.choice(special, drawn.shape), drawn)
    return drawn if feature.dtype == "float" else np.floor(drawn)


def transition(schema: FeatureSchema, seed: int) -> Transition:
    rng = np.random.default_rng(seed)
    now, after = ({f.name: values(f, rng) for f in schema.values()} for _ in range(2))
    none = np.zeros(ROWS, dtype=bool)
    return Transition(
        None, None, None, np.zeros(ROWS), none, none, features=now, next_features=after
    )


@settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
@given(SCHEMAS, trees(3, vector=False), st.integers(0, 2**16), st.sampled_from(["now", "next"]))
def test_values_lie_in_the_inferred_interval(
    parts: tuple[Feature, ...], tree: Expr, seed: int, at: str
) -> None:
    schema = FeatureSchema(parts)
    if at == "next" and any(isinstance(node, Next) for node in tree.walk()):
        at = "now"
    try:
        run = compile_expression(tree, at=at)
        inferred = infer_expression(tree, schema, at=at)
    except LanguageError:
        return  # a constant part without a finite value
    paid = run(transition(schema, seed))
    assert inferred.shape == ()
    for value in np.unique(paid):
        assert inferred.interval.contains(float(value)), (value, inferred.interval)
    if inferred.kind != "float":
        finite = paid[np.isfinite(paid)]
        assert np.array_equal(finite, np.round(finite))
