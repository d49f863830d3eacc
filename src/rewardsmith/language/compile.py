"""Expressions -> closures. Nothing is ever executed as Python text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from rewardsmith.errors import LanguageError
from rewardsmith.features import FeatureSchema
from rewardsmith.language.backends.lower import lower
from rewardsmith.language.backends.numpy_backend import FAULTS, bind_many, bind_one, explain
from rewardsmith.language.backends.steps import Steps
from rewardsmith.language.nodes import Expr
from rewardsmith.transition import Transition

Floats = NDArray[np.float64]


def compile_expression(
    tree: Expr, *, at: str = "now", schema: FeatureSchema | None = None, source: str = ""
) -> Callable[[Transition], Floats]:
    """Compile an expression to a closure from N transitions to float64 of shape (N,).

    The result may be an array of the transition itself: do not write into it. Division by
    zero, log of a negative and overflow give inf or NaN without a warning.

    Args:
        tree: the expression.
        at: `now` reads features and `obs` at s_t and `t` as it is; `next` reads them at
            s_{t+1}, and `t` as t+1. `action` and `reward` belong to the step either way.
        schema: checks names and shapes before anything runs, if given.
        source: the text that the tree was parsed from, for the caret in errors.

    Raises:
        LanguageError: the schema says that the tree is no number per row, or does not fit.

    >>> from rewardsmith.language import parse_expression
    >>> run = compile_expression(parse_expression("reward + reward"))
    >>> none = np.zeros(2, bool)
    >>> run(Transition(None, None, None, np.array([1.0, 3.0]), none, none)).tolist()
    [2.0, 6.0]
    """
    program = lowered([tree], at, schema, source)
    run = bind_one(program)

    def outermost(tr: Transition) -> Floats:
        with np.errstate(all="ignore"):
            try:
                result = run(tr)
            except FAULTS as error:
                raise explain(error, program, tr, source) from error
        return result if result.ndim == 1 else _rows(result, tr, tree, source)

    return outermost


def compile_many(
    trees: Sequence[Expr], *, at: str = "now", schema: FeatureSchema | None = None, source: str = ""
) -> Callable[[Transition], tuple[Floats, ...]]:
    """Compile several expressions to one closure, which computes what they share once.

    As `compile_expression`, but that the closure gives one array per tree. Equal trees may give
    the same array.

    >>> from rewardsmith.language import parse_expression
    >>> run = compile_many([parse_expression("exp(reward)"), parse_expression("1 - exp(reward)")])
    >>> none = np.zeros(1, bool)
    >>> [x.tolist() for x in run(Transition(None, None, None, np.zeros(1), none, none))]
    [[1.0], [0.0]]
    """
    program = lowered(trees, at, schema, source)
    run = bind_many(program)

    def outermost(tr: Transition) -> tuple[Floats, ...]:
        with np.errstate(all="ignore"):
            try:
                results = run(tr)
            except FAULTS as error:
                raise explain(error, program, tr, source) from error
        return tuple(_rows(x, tr, tree, source) for x, tree in zip(results, trees, strict=True))

    return outermost


def _rows(found: NDArray[np.float64], tr: Transition, tree: Expr, source: str) -> Floats:
    if found.ndim == 1:
        return found
    if found.ndim == 0:
        return np.full(len(tr), found)
    message = f"{NOT_A_NUMBER} Received {found.shape[1:]} numbers per row."
    raise LanguageError(message, source, *tree.span)


def lowered(trees: Sequence[Expr], at: str, schema: FeatureSchema | None, source: str) -> Steps:
    """The steps of checked trees, for any back end; arguments as in `compile_expression`."""
    if at not in ("now", "next"):
        raise ValueError(f"`at` is 'now' or 'next'. Received {at!r}.")
    if schema is not None:
        from rewardsmith.language.validate import check_scalar

        for tree in trees:
            check_scalar(tree, schema, source=source)
    try:
        return lower(trees, ahead=at == "next", schema=schema)
    except LanguageError as error:
        place = (error.line, error.column, error.width)
        raise LanguageError(error.message, source, *place) from None


#: shared with the validator, which knows it before anything runs
NOT_A_NUMBER = (
    "A term needs one number per row, and this expression gives several. Reduce it with "
    "norm(...), sum(...), mean(...), min(...) or max(...), or take one with [i]."
)
