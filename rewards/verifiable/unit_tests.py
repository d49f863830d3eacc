"""What passing tests is worth: by difficulty, and by speed.

Code is run by the environment, in a contained process; its features say which tests pass and how
long they took. These terms only weigh that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rewardsmith import checks, language
from rewardsmith.errors import BindingError
from rewardsmith.language.inference import Givens, Interval
from rewardsmith.language.nodes import Expr, Name
from rewardsmith.registry import register_term
from rewardsmith.rewards.expression import as_expression, compiled, features_of
from rewardsmith.rewards.groups import GroupTerm
from rewardsmith.term import Binding, Guarantee, Learner, RewardTerm
from rewardsmith.transition import Floats, Transition


@register_term("difficulty_weighted")
class DifficultyWeighted(GroupTerm):
    """Pays each turn the share of tests that pass, hard ones weighing more, in [0, 1].

    VeRPO (arXiv 2601.03525): dense rewards from difficulty-weighted partial success, where a
    test's difficulty is estimated from its pass rate rho_j within the group. Second-hand: the
    paper's own weights could not be read; here w_j = max(1 - rho_j, least), rho_j the share of
    episodes in whose last turn test j passes, and a turn pays sum_j w_j passed_j / sum_j w_j. If
    every w_j is 0 all tests weigh the same. Add the outcome itself as a term of its own, as VeRPO
    does.

    Args:
        tests: a feature of shape (K,): 1 where test k passes; it is read at the states reached.
        least: the weight of a test that every episode passes.
    """

    def __init__(self, tests: Any, *, least: float = 0.1) -> None:
        self.tests = as_expression(tests)
        self._least = checks.number(f"least of {self.term_name}", least, least=0, write="least=0.1")

    @property
    def needs(self) -> frozenset[str]:
        """The feature of the tests."""
        return features_of(self.tests)

    def bind(self, binding: Binding) -> None:
        """Find the feature."""
        super().bind(binding)
        self._name = vector(self.tests, binding, f"{self.term_name}(tests)")

    def finish_group(self, episodes: Sequence[Transition]) -> list[Floats]:
        """The weighted share of passed tests in each turn."""
        passed = [np.asarray(e.next_features[self._name], np.float64) > 0.5 for e in episodes]
        weights = np.maximum(1.0 - np.mean([p[-1] for p in passed], axis=0), self._least)
        weights = weights if weights.sum() > 0 else np.ones_like(weights)
        return [p @ weights / weights.sum() for p in passed]

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """[0, 1]."""
        return Interval(0.0, 1.0)


@register_term("code_speed")
class CodeSpeed(RewardTerm):
    """Pays correct code for being faster than a reference: 1 - seconds / (2 * reference).

    After ACECode (arXiv 2412.17264): a reward from execution alone, stepped by correctness, that
    grows as the runtime falls below the reference's. Second-hand: the paper's constants could not
    be read; these are ours. Code that fails is paid `failed`. Correct code is paid 0.5 at the
    reference's speed, 1 at no time, 0 at twice the time or more. Times are noisy: let the
    environment take the least of several runs.

    Args:
        passed: an expression that is 1 (not 0) where all tests pass.
        seconds: an expression, the time that it took.
        reference: an expression, the reference's time, above 0.
        failed: the pay of code that is wrong.
    """

    guarantee = Guarantee.BIASED

    def __init__(self, passed: Any, seconds: Any, reference: Any, *, failed: float = -1.0) -> None:
        self.parts = [as_expression(e) for e in (passed, seconds, reference)]
        self._failed = checks.number(f"failed of {self.term_name}", failed, write="failed=-1")

    @property
    def needs(self) -> frozenset[str]:
        """Features of the three expressions."""
        return features_of(*self.parts)

    def bind(self, binding: Binding) -> None:
        """Compile the expressions."""
        super().bind(binding)
        self._read = [compiled(e, binding) for e in self.parts]

    def relabel(self, transition: Transition) -> Floats:
        """Speed of what is correct, `failed` for the rest."""
        passed, seconds, reference = (read(transition) for read in self._read)
        slow = np.divide(seconds, 2.0 * reference, out=np.ones(len(passed)), where=reference > 0)
        return np.where(passed != 0, 1.0 - np.clip(slow, 0.0, 1.0), self._failed)

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """[0, 1] and `failed`."""
        return Interval(min(self._failed, 0.0), max(self._failed, 1.0))


def vector(expression: Expr, binding: Binding, who: str) -> str:
    """The name of a feature of shape (K,); an expression or another shape is refused."""
    if isinstance(expression, Name):
        feature = binding.schema[expression.name]
        if feature.numeric and len(feature.shape) == 1:
            return expression.name
    raise BindingError(
        f"{who} names a feature of shape (K,), one number per test. Received "
        f"`{language.format_expression(expression)}`; name such a feature of the environment."
    )
