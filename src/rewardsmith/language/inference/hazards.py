"""Sentences for what can go wrong, or changes nothing, at one part."""

from __future__ import annotations

from collections.abc import Iterable

from rewardsmith.language.constants import constant_value
from rewardsmith.language.inference.finding import Report
from rewardsmith.language.inference.functions import EXP_LIMIT
from rewardsmith.language.inference.interval import Interval
from rewardsmith.language.nodes import Binary, Call, Compare, Expr, Index, Name, Node


def _note(report: Report, kind: str, certain: bool, message: str, node: Node) -> None:
    report.add(kind, "error" if certain else "warning", message, node)


def binary(report: Report, node: Binary, left: Interval, right: Interval) -> None:
    """Divisors that can be 0, and powers that are no numbers."""
    if node.op in ("/", "//", "%") and right.may_be_zero:
        certain = right.point == 0
        can = "is always 0" if certain else f"can be 0: it lies in {right}"
        message = (
            f"Division by {report.text(node.right)}, which {can}. Guard it with "
            f"{report.where}({_bare(report, node.right)} != 0, ..., 0), or add a constant that "
            "keeps it from 0."
        )
        _note(report, "division-by-zero", certain, message, node)
    if node.op == "**":
        _power(report, node, left, right)


def _power(report: Report, node: Binary, base: Interval, exponent: Interval) -> None:
    n = exponent.point
    if exponent.low < 0 and base.may_be_zero:
        certain = base.point == 0 and exponent.high < 0
        message = (
            f"{report.text(node.left)} can be 0 (it lies in {base}), and a negative power divides."
        )
        _note(report, "division-by-zero", certain, message, node)
    whole = exponent.kind != "float" or (n is not None and n == int(n))
    if base.low < 0 and not whole:
        certain = base.high < 0 and n is not None
        message = (
            f"{report.text(node.left)} can be negative (it lies in {base}), and a negative number "
            "to a power that is not whole is no number. Use abs(...) or max(..., 0)."
        )
        _note(report, "power", certain, message, node)


def call(report: Report, node: Call, parts: list[Interval], result: Interval) -> None:
    """Arguments out of a function's domain, and functions that change nothing."""
    name, x = node.function, parts[0]
    if name == "log" and x.low <= 0 and (x.low < 0 or x.may_be_zero):
        can = "is never above 0" if x.high <= 0 else "can be 0 or negative"
        guard = f"Guard it with {report.where}({_bare(report, node.args[0])} > 0, ..., 0)."
        message = f"log of {report.text(node.args[0])}, which {can}: it lies in {x}. {guard}"
        _note(report, "log", x.high <= 0, message, node)
    if name == "sqrt" and x.low < 0:
        can = "is always negative" if x.high < 0 else "can be negative"
        message = (
            f"sqrt of {report.text(node.args[0])}, which {can}: it lies in {x}. Use max(..., 0)."
        )
        _note(report, "sqrt", x.high < 0, message, node)
    if name == "exp" and x.high > EXP_LIMIT:
        high = f"{report.text(node.args[0])} lies in {x}"
        message = f"exp overflows above 709, and {high}. Use tanh or clip."
        _note(report, "overflow", x.low > EXP_LIMIT, message, node)
    _idle(report, node, parts, result)


def _idle(report: Report, node: Call, parts: list[Interval], result: Interval) -> None:
    name, x = node.function, parts[0]
    if any(p.nan for p in parts):
        return
    if name == "clip":
        low, high = parts[1:]
        same = x.low >= low.high and x.high <= high.low
        verdict = "never cuts" if same else _always(result)
        report.decide("no-effect", verdict, f"This clip {verdict}: its value lies in {x}.", node)
    elif name == "tolerance":
        verdict = _always(result)
        message = f"This tolerance {verdict}: {report.text(node.args[0])} lies in {x}."
        report.decide("no-effect", verdict, message, node)
    elif name in ("min", "max") and len(parts) > 1:
        winner = _winner(name, parts)
        won = None if winner is None else report.text(node.args[winner])
        where = "" if winner is None else f" (it lies in {parts[winner]})"
        message = f"This {name} always takes {won}{where}; the rest never counts."
        report.decide("no-effect", won, message, node)


def _always(result: Interval) -> str | None:
    return None if result.point is None else f"always gives {result.point:g}"


def _winner(name: str, parts: list[Interval]) -> int | None:
    for i, x in enumerate(parts):
        others = parts[:i] + parts[i + 1 :]
        if name == "min" and all(x.high <= other.low for other in others):
            return i
        if name == "max" and all(x.low >= other.high for other in others):
            return i
    return None


def decided(report: Report, node: Compare, verdict: bool | None, parts: list[Interval]) -> None:
    """A comparison that always comes out the same way."""
    ranges = ", ".join(
        f"{report.text(e)} lies in {x}"
        for e, x in zip(node.operands, parts, strict=True)
        if constant_value(e) is None
    )
    message = f"{report.text(node)} is always {str(verdict).lower()}: {ranges}."
    report.decide("dead-branch", verdict, message, node)


def branch(report: Report, node: Call, truth: bool | None) -> None:
    """A branch that is never taken, unless the comparison itself was already named."""
    condition, *branches = node.args
    if isinstance(condition, Compare):
        return
    unused = branches[1] if truth else branches[0]
    always = f"{report.text(condition)} is always {str(truth).lower()}"
    message = f"{always}: {report.text(unused)} never counts."
    report.decide("dead-branch", truth, message, condition)


def gate(report: Report, condition: Expr, truth: bool | None, rest: str) -> None:
    """A gate that is always open, or never."""
    message = f"{report.text(condition)} is always {str(truth).lower()}{rest}."
    report.decide("dead-branch", truth, message, condition)


def endless(report: Report, causes: Iterable[Expr], interval: Interval) -> None:
    """A component without bounds, at each part that first has none."""
    for node in causes:
        if not report.has(node):
            message = f"{_why(report, node)}, so the component lies in {interval}."
            _note(report, "unbounded", False, message, node)


def _why(report: Report, node: Expr) -> str:
    base = node.of if isinstance(node, Index) else node
    if not isinstance(base, Name):
        return f"{report.text(node)} has no bounds"
    if base.name == "reward":
        return f"The range of the environment's own {report.text(base)} is not known"
    if base.name == "t":
        return "`t` has no bound, for the episode has no limit of steps"
    kind = "space" if base.name in ("obs", "action") else "schema"
    return f"The {kind} gives {report.text(node)} no finite bounds"


def _bare(report: Report, node: Expr) -> str:
    return report.text(node).strip("`")
