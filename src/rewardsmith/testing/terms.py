"""check_term: the reward contract, tried on a term or a stack."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from gymnasium import spaces

from rewardsmith.features import Feature, FeatureSchema
from rewardsmith.stack import RewardStack
from rewardsmith.term import Guarantee, Learner, RewardTerm, Scope
from rewardsmith.testing import saving_rules, term_rules
from rewardsmith.testing.play import Player, widths
from rewardsmith.testing.report import Report
from rewardsmith.testing.subject import Spaces, Subject
from rewardsmith.testing.telescoping import telescoping
from rewardsmith.transition import Transition

Rule = Callable[[Subject, Player], str]

#: without these the rest would only repeat the failure
_FIRST: dict[str, Rule] = {"binds": term_rules.binds, "shape": term_rules.shape}
_REST: dict[str, Rule] = {
    "needs": term_rules.needs,
    "no mutation": term_rules.mutation,
    "purity": term_rules.purity,
    "online equals relabelled": term_rules.online,
    "reset": term_rules.resets,
    "slots": term_rules.slots,
    "state": saving_rules.state,
    "formula": saving_rules.formula,
    "invalid rows": term_rules.invalid_rows,
    "given transitions": term_rules.given_rows,
}


def check_term(
    term_or_stack: RewardTerm | RewardStack | str,
    *,
    schema: FeatureSchema | None = None,
    transitions: Transition | None = None,
    learner: Learner | None = None,
    observation_space: spaces.Space[Any] | None = None,
    action_space: spaces.Space[Any] | None = None,
    episodes: int = 20,
    seed: int = 0,
    raise_on_failure: bool = True,
) -> Report:
    """Try the reward contract on a term, a stack or a formula, and say what was not tried.

    The subject itself is left as it is: every rule works on copies.

    Args:
        term_or_stack: what to check.
        schema: the features of its environment; random states are drawn from their bounds.
            None takes them from `transitions`, else assumes one number in [0, 1] per need.
        transitions: real transitions; if given, states are drawn from them.
        learner: gamma and the treatment of time limits; default `Learner()`.
        observation_space: what the place tells of its observations, which are drawn from it; None
            tells nothing, and draws numbers. Terms that look at observations need it.
        action_space: the same of actions. Terms that learn from actions need it.
        episodes: how many random episodes the telescoping rule compares, at least 2.
        seed: of all random states.
        raise_on_failure: whether to raise; else read `report.failed`.

    Raises:
        ContractError: lists every broken rule with cause and remedy.

    >>> report = check_term("env + potential(door_open)")
    >>> report.ok, [finding.name for finding in report.unchecked]
    (True, ['schema', 'given transitions', 'optimality'])
    """
    given = RewardStack.parse(term_or_stack) if isinstance(term_or_stack, str) else term_or_stack
    known = schema or _schema_of(given, transitions)
    subject = Subject(given, known, learner or Learner(), Spaces(observation_space, action_space))
    report = Report(subject.label)
    if schema is None and transitions is None and given.needs:
        report.skip("schema", f"None was given; {sorted(given.needs)} were taken as in [0, 1].")
    if subject.scope is Scope.GROUP:
        report.skip("everything", "Group scope needs several episodes of one task at once.")
        return report
    _try_all(report, subject, _player(subject, transitions, seed), episodes)
    if raise_on_failure:
        report.raise_if_failed()
    return report


def _try_all(report: Report, subject: Subject, player: Player, episodes: int) -> None:
    for name, rule in _FIRST.items():
        if not report.run(name, partial(rule, subject, player)):
            report.skip("all other rules", f"They would only repeat what {name!r} says.")
            return
    for name, rule in _REST.items():
        report.run(name, partial(rule, subject, player))
    if term_rules.telescopes(subject):
        report.run("telescoping", partial(telescoping, subject, player, episodes))
    _say_what_is_left(report, subject)


def _say_what_is_left(report: Report, subject: Subject) -> None:
    claim = subject.given.guarantee
    if claim is Guarantee.UNKNOWN:
        report.skip("optimality", "It claims nothing ('unknown'), so there is nothing to check.")
    elif claim is not Guarantee.BIASED:
        report.skip(
            "optimality",
            f"It claims {claim.value!r}. That the optimal policies stay can be checked only by "
            "solving a known tabular model exactly.",
        )


def _player(subject: Subject, pool: Transition | None, seed: int) -> Player:
    tree = subject.tree
    return Player(
        subject.schema,
        np.random.default_rng(seed),
        pool,
        max(8, widths(tree, "obs")),
        widths(tree, "action"),
        subject.spaces.observation,
        subject.spaces.action,
    )


def _schema_of(given: RewardTerm | RewardStack, pool: Transition | None) -> FeatureSchema:
    if pool is None:
        return FeatureSchema(Feature(n, "assumed", (), 0.0, 1.0) for n in sorted(given.needs))
    return FeatureSchema(
        Feature(name, "from the given transitions", np.shape(values)[1:], dtype=_dtype(values))
        for name, values in pool.features.items()
    )


def _dtype(values: object) -> str:
    return "float" if np.asarray(values).dtype.kind in "fiub" else "text"
