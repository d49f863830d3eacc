"""Random trees that fit their features, and batches with infinities and NaN in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume
from hypothesis import strategies as st

from rewardsmith.errors import LanguageError
from rewardsmith.features import Feature, FeatureSchema
from rewardsmith.language import SIGMOIDS, validate_expression
from rewardsmith.language.constants import constant_value
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

_SCHEMA = FeatureSchema(
    [
        Feature("x", "any number"),
        Feature("y", "any number"),
        Feature("small", "a number in single precision"),
        Feature("key", "a flag", dtype="bool"),
        Feature("count", "a whole number", dtype="int"),
        Feature("p", "a place", (3,)),
        Feature("flags", "three flags", (3,), dtype="bool"),
        Feature("grid", "a small table", (2, 3)),
    ]
)
_SPECIAL = np.array([0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -3.0, 100.0, 1e-9, np.inf, -np.inf, np.nan])
_NUMBERS = ("x", "y", "small", "key", "count", "reward", "t", "action")
_CONSTANTS = (0.0, 1.0, -1.0, 2.0, 0.5, -0.5, 3.0, 10.0)
_ELEMENTWISE = ("abs", "exp", "log", "sqrt", "tanh", "sin", "cos", "sign")
_REDUCTIONS = ("norm", "sum", "mean", "min", "max", "any", "all")
_ARITHMETIC = ("+", "-", "*", "/", "//", "%", "**")
_ORDERS = ("<", "<=", ">", ">=", "==", "!=")
_BOUNDS = ((0.0, 0.0), (-1.0, 2.0), (0.0, np.inf), (-np.inf, 1.0))
_KINDS = (
    *("leaf", "unary", "binary", "scalar first", "compare", "logic", "elementwise", "pair"),
    *("where", "clip", "tolerance", "twice", "next", "reduction", "index"),
)


class _Grower:
    """Draws a tree that fits the schema."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def pick(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def leaf(self, vector: bool) -> Expr:
        if vector:
            return Name(self.pick("p", "flags"))
        kind = self.pick("name", "name", "constant", "pixel", "cell")
        if kind == "name":
            return Name(self.pick(*_NUMBERS))
        if kind == "constant":
            return Const(self.pick(*_CONSTANTS))
        last = self.pick(-3, -1, 0, 2)
        if kind == "pixel":
            return Index(Name("obs"), (last,))
        return Index(Name("grid"), (self.pick(0, 1), last))

    def tree(self, depth: int, vector: bool, ahead: bool) -> Expr:
        """One number per row, or three; with `ahead`, it may hold `next`."""
        kind = self.pick(*_KINDS) if depth else "leaf"
        if kind in ("reduction", "index", "next") and (vector if kind != "next" else not ahead):
            kind = "leaf"
        if kind == "leaf":
            return self.leaf(vector)
        if kind in ("reduction", "index"):
            return self.from_vector(kind, self.tree(depth - 1, True, ahead))
        if kind == "next":
            return Next(self.tree(depth - 1, vector, False))
        return self.elementwise(kind, depth - 1, vector, ahead)

    def from_vector(self, kind: str, inner: Expr) -> Expr:
        if kind == "index":
            return Index(inner, (self.pick(-3, 0, 2),))
        return Call(self.pick(*_REDUCTIONS), (self.pick(inner, inner, Name("grid")),))

    def elementwise(self, kind: str, depth: int, vector: bool, ahead: bool) -> Expr:
        first = self.tree(depth, vector, ahead)

        def other() -> Expr:
            # beside a vector, a number per row stands for three equal ones
            return self.tree(depth, vector and self.pick(True, False), ahead)

        match kind:
            case "binary":
                return Binary(self.pick(*_ARITHMETIC), first, other())
            case "scalar first":
                return Binary(self.pick(*_ARITHMETIC), other(), first)
            case "compare":
                orders = (self.pick(*_ORDERS), self.pick(*_ORDERS))
                return Compare(orders, (first, other(), other()))
            case "logic":
                return Logic(self.pick("and", "or"), (first, other()))
            case "pair":
                return Call(self.pick("min", "max"), (first, other()))
            case "where" | "clip":
                return Call(kind, (first, other(), other()))
        return self.of_one(kind, first)

    def of_one(self, kind: str, inner: Expr) -> Expr:
        if kind == "unary":
            return Unary(self.pick("-", "not"), inner)
        if kind == "elementwise":
            return Call(self.pick(*_ELEMENTWISE), (inner,))
        if kind == "tolerance":
            return Call(kind, (inner,), self.options())
        return Binary("+", Call("tanh", (inner,)), Binary("*", inner, inner))

    def options(self) -> tuple[tuple[str, Any], ...]:
        bounds, margin = self.pick(*_BOUNDS), self.pick(0.0, 0.5, 3.0)
        return (("bounds", bounds), ("margin", margin), ("sigmoid", self.pick(*sorted(SIGMOIDS))))


def _sound(tree: Expr) -> bool:
    """Neither the parser nor the schema refuses it: no `next(reward)`, no constant infinity."""
    try:
        constant_value(tree)
        validate_expression(tree, _SCHEMA)
    except LanguageError:
        return False
    return True


@st.composite
def _trees(draw: st.DrawFn) -> Expr:
    tree = _Grower(draw).tree(4, False, True)
    assume(_sound(tree))
    return tree


@pytest.fixture(scope="session")
def trees() -> st.SearchStrategy[Expr]:
    """One number per row, `next` included."""
    return _trees()


@pytest.fixture(scope="session")
def schema() -> FeatureSchema:
    return _SCHEMA


def _values(rng: np.random.Generator, n: int, *shape: int) -> Any:
    plain = rng.normal(size=(n, *shape)).round(2) * 3
    return np.where(rng.random((n, *shape)) < 0.4, rng.choice(_SPECIAL, (n, *shape)), plain)


def _features(rng: np.random.Generator, n: int) -> dict[str, Any]:
    return {
        "x": _values(rng, n),
        "y": _values(rng, n),
        "small": _values(rng, n).astype(np.float32),
        "key": rng.random(n) < 0.5,
        "count": rng.integers(-3, 4, n),
        "p": _values(rng, n, 3),
        "flags": rng.random((n, 3)) < 0.5,
        "grid": _values(rng, n, 2, 3),
    }


@pytest.fixture(scope="session")
def batch() -> Callable[[int, int], Transition]:
    """n rows from a seed."""

    def make(n: int, seed: int) -> Transition:
        rng = np.random.default_rng(seed)
        return Transition(
            obs=rng.integers(0, 256, (n, 3), dtype=np.uint8),
            action=rng.integers(0, 4, n),
            next_obs=rng.integers(0, 256, (n, 3), dtype=np.uint8),
            env_reward=rng.normal(size=n),
            terminated=np.zeros(n, bool),
            truncated=np.zeros(n, bool),
            features=_features(rng, n),
            next_features=_features(rng, n),
            t=rng.integers(0, 100, n),
        )

    return make
