"""What passing tests is worth: by difficulty, and by speed.

Code is run by the environment, in a contained process; its features say which tests pass and how
long they took. These terms only weigh that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from rewardsmith import checks, language
from rewardsmith.errors import BindingError
from rewardsmith.language.inference import Givens, Interval
from rewardsmith.language.nodes import Expr, Name
from rewardsmith.registry import register_term
from rewardsmith.rewards.expression import as_expression, compiled, features_of, inferred
from rewardsmith.rewards.groups import GroupTerm
from rewardsmith.term import Binding, Guarantee, Learner, RewardTerm
from rewardsmith.transition import Floats, Transition


@register_term("difficulty_weighted")
class DifficultyWeighted(GroupTerm):
    """Pays each turn for the tests that pass, rare and hard ones weighing more.

    VeRPO (arXiv 2601.03525v3, equations 3 and 7 to 10, read in a summary that quotes them): with
    rho_j the share of all turns of the group in which test j passes, a turn pays sum_j w_j
    passed_j, w_j = exp(-alpha rho_j) / (N_j + delta), N_j = sum_i exp(-(rho_j - rho_i)^2 / (2
    width^2)). Tests as hard as many others weigh less, so that a mass of easy tests does not
    outweigh the few hard ones. Rewards lie in [0, K]. Add the outcome itself as a term of its
    own, as VeRPO does. The defaults are ours.

    Args:
        tests: a feature of shape (K,): 1 where test k passes; it is read at the states reached.
        alpha: how much more hard tests weigh.
        width: how near in difficulty tests are counted together.
        delta: added to the density.
    """

    def __init__(
        self, tests: Any, *, alpha: float = 1.0, width: float = 0.1, delta: float = 1e-6
    ) -> None:
        self.tests, who = as_expression(tests), self.term_name
        self._alpha = checks.number(f"alpha of {who}", alpha, least=0, write="alpha=1")
        self._width = checks.number(f"width of {who}", width, above=0, write="width=0.1")
        self._delta = checks.number(f"delta of {who}", delta, least=0, write="delta=1e-6")

    @property
    def needs(self) -> frozenset[str]:
        """The feature of the tests."""
        return features_of(self.tests)

    def bind(self, binding: Binding) -> None:
        """Find the feature."""
        super().bind(binding)
        self._name = vector(self.tests, binding, f"{self.term_name}(tests)")

    def finish_group(self, episodes: Sequence[Transition]) -> list[Floats]:
        """What the passed tests of each turn weigh."""
        passed = [np.asarray(e.next_features[self._name], np.float64) > 0.5 for e in episodes]
        weights = self.weights(np.concatenate(passed).mean(axis=0))
        return [p @ weights for p in passed]

    def weights(self, rates: Floats) -> Floats:
        """The weight of each test, of the tests' pass rates; both of shape (K,)."""
        gaps = (rates[:, None] - rates[None, :]) / self._width
        density = np.exp(-0.5 * gaps**2).sum(axis=1)
        return np.asarray(np.exp(-self._alpha * rates) / (density + self._delta))

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """[0, K / (1 + delta)]: a test's own density is at least 1."""
        if givens.report is not None:
            givens.report.read |= self.needs
        found = isinstance(self.tests, Name) and givens.name(self.tests.name, ahead=True)[0]
        return Interval(0.0, math.prod(found) / (1.0 + self._delta)) if found else None


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
        for part in self.parts:
            inferred(part, givens)
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
