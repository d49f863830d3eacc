"""What each component of a reward can pay, and what can go wrong, before anything runs."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from rewardsmith.build import Entry
from rewardsmith.errors import LanguageError, RewardsmithError
from rewardsmith.features import FeatureSchema
from rewardsmith.language import is_program, parse_reward
from rewardsmith.language.inference import Finding, Givens, Interval, Report
from rewardsmith.language.inference.hazards import endless
from rewardsmith.language.nodes import Name
from rewardsmith.stack import RewardStack
from rewardsmith.term import Learner


@dataclass(frozen=True)
class Analysis:
    """What is known of a reward before it runs.

    Args:
        components: name of each term -> where its weighted pay lies; None if it cannot say.
        findings: errors first.
        notes: name of a term -> why it cannot say.
    """

    components: dict[str, Interval | None]
    findings: list[Finding]
    notes: dict[str, str] = field(default_factory=dict)


def component_bounds(
    stack: RewardStack, givens: Givens | FeatureSchema, *, gamma: float = 0.99
) -> dict[str, Interval | None]:
    """Where the weighted pay of each component lies; None where its term cannot say.

    >>> from rewardsmith.features import Feature
    >>> schema = FeatureSchema([Feature("near", "in [0, 1]", low=0, high=1)])
    >>> bounds = component_bounds(RewardStack.parse("env - 2*potential(near)"), schema, gamma=0.5)
    >>> bounds["env"], str(bounds["potential"])
    (None, '[-1, 2]')
    """
    return analyse(stack, givens, Learner(gamma)).components


def analyse(
    stack: RewardStack, givens: Givens | FeatureSchema, learner: Learner | None = None
) -> Analysis:
    """Bounds of all components, and findings with their places in the reward's text.

    A component of weight 0 is watched on purpose, and not called unused.

    Args:
        stack: the reward, bound or not.
        givens: the features, or all premises.
        learner: whose gamma potentials use; gamma 0.99 if None.
    """
    shown = _with_places(stack)
    report = Report(shown.source)
    known = givens if isinstance(givens, Givens) else Givens(givens)
    known = replace(known, report=report)
    paid = {e.name: _component(e, known, report, learner or Learner()) for e in shown.entries}
    # Curiosity looks at features without computing with them.
    looks = [e for e in shown.entries if paid[e.name] is None or e.term.intrinsic]
    silent = {n for e in looks for n in e.term.needs}
    unread = _never_counts(shown, report.read | silent)
    dropped = [*_unread(shown, known.schema), *_unread_obs(shown)]
    found = [*report.findings(), *unread, *dropped]
    notes = {e.name: _silence(e) for e in shown.entries if paid[e.name] is None}
    return Analysis(paid, found, notes)


def analyse_without_env(stack: RewardStack, learner: Learner | None = None) -> Analysis:
    """Bounds of the components that read no feature; the notes say which ones need an env."""
    known = Givens(FeatureSchema())
    paid: dict[str, Interval | None] = {}
    notes = {}
    for entry in stack.entries:
        reads = bool(entry.term.needs)
        paid[entry.name] = None if reads else entry.bounds(known, learner or Learner())
        if paid[entry.name] is None:
            notes[entry.name] = NEEDS_ENV if reads else _silence(entry)
    return Analysis(paid, [], notes)


#: what is said of components that read features where none are known
NEEDS_ENV = "unknown: bounds need the features of an env (--env)"


def _silence(entry: Entry) -> str:
    if entry.term.carries_env:
        return "unknown: the environment's own reward"
    return f"unknown: `{entry.term.term_name or entry.name}` gives no bounds in advance"


def _component(entry: Entry, known: Givens, report: Report, learner: Learner) -> Interval | None:
    report.component, report.causes = entry.name, {}
    try:
        paid = entry.bounds(known, learner)
    except LanguageError as error:
        report.refuse(error)
        return None
    if paid is not None and not paid.bounded:
        endless(report, report.causes, paid)
    return paid


def _with_places(stack: RewardStack) -> RewardStack:
    """The stack with the text that its places are in; one built in Python gets its formula."""
    if stack.source:
        return stack
    try:
        return RewardStack(parse_reward(stack.formula), source=stack.formula)
    except RewardsmithError:  # terms that are not registered have no text
        return stack


def _never_counts(stack: RewardStack, counted: set[str]) -> Iterator[Finding]:
    """Features that stand only in branches that are never taken."""
    for name in sorted(stack.needs - counted):
        node = next(n for n in stack.tree.walk() if isinstance(n, Name) and n.name == name)
        message = f"Feature `{name}` stands only in branches that are never taken."
        yield Finding("unused-feature", "warning", message, *node.span, stack.source)


def _unread(stack: RewardStack, schema: FeatureSchema) -> Iterator[Finding]:
    """Features that a program reads and does not use: its tree holds only what counts."""
    used = set(stack.needs)
    for node in _attributes(stack.source):
        if node.attr in schema and node.attr not in used:
            used.add(node.attr)
            place = (node.lineno, node.col_offset, (node.end_col_offset or 0) - node.col_offset)
            message = f"Feature `{node.attr}` is read here, and its value is never used."
            yield Finding("unused-feature", "warning", message, *place, stack.source)


def _unread_obs(stack: RewardStack) -> Iterator[Finding]:
    """`obs` where a program reads it and the tree does not."""
    if any(isinstance(n, Name) and n.name == "obs" for n in stack.tree.walk()):
        return
    for node in _nodes(stack.source):
        if isinstance(node, ast.Name) and node.id in ("obs", "next_obs"):
            place = (node.lineno, node.col_offset, len(node.id))
            message = f"`{node.id}` is read here, and its value is never used."
            yield Finding("unused-feature", "warning", message, *place, stack.source)
            return


def _nodes(source: str) -> list[ast.AST]:
    """All nodes of a program, which the parser has already accepted; none of a formula."""
    if not is_program(source):
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(ast.walk(ast.parse(source)))


def _attributes(source: str) -> list[ast.Attribute]:
    """`f.name` in the text of a program."""
    found = [node for node in _nodes(source) if isinstance(node, ast.Attribute)]
    found = [n for n in found if not (isinstance(n.value, ast.Name) and n.value.id == "np")]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))
