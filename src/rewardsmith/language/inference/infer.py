"""Inference over one expression: shape, interval, findings."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rewardsmith.errors import LanguageError
from rewardsmith.features import FeatureSchema
from rewardsmith.language.inference import hazards
from rewardsmith.language.inference.context import Context
from rewardsmith.language.inference.finding import Finding, Report
from rewardsmith.language.inference.givens import Givens
from rewardsmith.language.inference.interval import Interval
from rewardsmith.language.inference.refine import both
from rewardsmith.language.inference.walk import Walk
from rewardsmith.language.nodes import Expr, Name
from rewardsmith.language.validate import Shape, check_expression


@dataclass(frozen=True)
class Inferred:
    """What is known of an expression's value.

    Args:
        shape: of one row, `()` for a number; None if it depends on spaces that are not given.
        interval: where every element lies, unless it is NaN.
        causes: the parts for which no bound is known, if the whole has none.
    """

    shape: Shape
    interval: Interval
    causes: tuple[Expr, ...] = ()

    @property
    def low(self) -> float:
        """The lower bound."""
        return self.interval.low

    @property
    def high(self) -> float:
        """The upper bound."""
        return self.interval.high

    @property
    def kind(self) -> str:
        """`float`, `int` or `bool`."""
        return self.interval.kind

    @property
    def may_be_nan(self) -> bool:
        """Whether it can be NaN."""
        return self.interval.nan


def infer_expression(
    tree: Expr,
    givens: Givens | FeatureSchema,
    *,
    at: str = "now",
    state_only: bool = False,
    source: str = "",
) -> Inferred:
    """Shape and interval of an expression (Moore 1966, interval analysis).

    Sound for features within their declared bounds: the value that `compile_expression`
    computes lies in the interval, or is NaN where `may_be_nan`. Every occurrence of a name
    counts by itself, so `x - x` is not known to be 0; `x*x` and `x**2` are known to be >= 0,
    and `where(x > 0, log(x), 0)` reads x as above 0 in its branch.

    Args:
        tree: the expression.
        givens: the features, or all premises.
        at: `now` reads features at s_t, `next` at s_{t+1}.
        state_only: it must be a function of one state.
        source: the text that the tree was parsed from, for the caret in errors.

    Raises:
        LanguageError: names, arities, shapes or indices that do not fit.

    >>> from rewardsmith.features import Feature
    >>> from rewardsmith.language import parse_expression
    >>> schema = FeatureSchema([Feature("x", "a length", low=-2, high=3)])
    >>> str(infer_expression(parse_expression("max(x, 0)*x"), schema).interval)
    '[-6, 9]'
    """
    known = givens if isinstance(givens, Givens) else Givens(givens)
    check_expression(tree, known.schema, state_only=state_only, source=source)
    part = Walk(known, known.report).part(tree, at == "next", Context(known.facts))
    if known.report is not None:
        known.report.causes.update(dict.fromkeys(part.causes))
    return Inferred(part.shape, part.interval, part.causes)


def expression_findings(
    tree: Expr, givens: Givens | FeatureSchema, *, source: str = ""
) -> list[Finding]:
    """All that inference finds in one expression; what does not fit is one error."""
    known = givens if isinstance(givens, Givens) else Givens(givens)
    report = Report(source)
    try:
        infer_expression(tree, replace(known, report=report), source=source)
    except LanguageError as error:
        report.refuse(error)
    return report.findings()


def refuse_certain(tree: Expr, schema: FeatureSchema, *, source: str = "") -> None:
    """Raise `LanguageError` if some part can never have a finite value, as log(-1 - x*x)."""
    if all(isinstance(node, Name) for node in tree.walk()):
        return
    for finding in expression_findings(tree, schema, source=source):
        if finding.severity == "error":
            raise finding.error()


def assume(condition: Expr, truth: bool, givens: Givens, *, at: str = "now") -> Givens | None:
    """The premises where `condition` came out as `truth`; None if it never does."""
    walk = Walk(givens, givens.report)
    facts = walk.conditions.facts(condition, truth, at == "next", Context(givens.facts))
    joint = None if facts is None else both(givens.facts, facts)
    return None if joint is None else replace(givens, facts=joint)


def gate(givens: Givens, condition: Expr, truth: bool | None, rest: str = "") -> None:
    """Report how a gate came out: one that is always open, or never, is a dead branch."""
    if givens.report is not None and any(isinstance(node, Name) for node in condition.walk()):
        hazards.gate(givens.report, condition, truth, rest)
