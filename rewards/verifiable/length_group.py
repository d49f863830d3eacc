"""Pay for being shorter than the other correct episodes of the group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rewardsmith import checks, language
from rewardsmith.errors import ConfigError
from rewardsmith.registry import register_term
from rewardsmith.rewards.expression import as_expression, compiled, features_of
from rewardsmith.term import Binding
from rewardsmith.transition import Bools, Floats, Transition

from .base import GroupTextTerm
from .length import measure


class GroupLength(GroupTextTerm):
    """Base: the lengths of a group's episodes, and which of them are correct.

    Args:
        action: the text of each turn; an episode's length is the sum over its turns.
        success: a condition, read at the last state reached.
        unit: `words` or `characters`.
    """

    def __init__(self, action: Any, success: Any, unit: str) -> None:
        super().__init__(action)
        self.success = as_expression(success)
        # It is read at s_{t+1} already, so next(...) in it is refused here.
        language.compile_expression(self.success, at="next")
        self._length = measure(unit, self.who)

    @property
    def needs(self) -> frozenset[str]:
        """The text, and the features of the condition."""
        return super().needs | features_of(self.success)

    def bind(self, binding: Binding) -> None:
        """Find the text and compile the condition."""
        super().bind(binding)
        self._correct = compiled(self.success, binding, at="next")

    def compare(self, episodes: Sequence[Transition]) -> list[float]:
        """What each episode earns."""
        read = self._readers[0]
        lengths = np.array([sum(map(self._length, read(e))) for e in episodes], dtype=np.float64)
        correct = np.array([self._correct(e)[-1] != 0 for e in episodes], dtype=bool)
        return [float(v) for v in self.earned(lengths, correct)]

    def earned(self, lengths: Floats, correct: Bools) -> Floats:
        """Pay of the episodes, shape (G,)."""
        raise NotImplementedError


@register_term("length_drpo")
class LengthDrpo(GroupLength):
    """Pays correct episodes by a softmax of their shortness; wrong ones nothing.

    DRPO (arXiv 2510.04474), weights of the correct answers: w_i proportional to exp((1 - len_i /
    most) / temperature) over the correct episodes only, here scaled so that they average 1.
    Shortness then never lets a correct answer fall below a wrong one. The paper uses the weights
    in a discriminative objective of its own; here they are a reward.

    Args:
        action, success, unit: as in `GroupLength`.
        most: the length that counts as 1.
        temperature: the smaller, the more goes to the shortest.
    """

    def __init__(
        self,
        action: Any,
        success: Any,
        *,
        most: int = 1000,
        temperature: float = 1.0,
        unit: str = "words",
    ) -> None:
        super().__init__(action, success, unit)
        self._most = checks.whole(f"most of {self.who}", most, least=1, write="most=1000")
        what = f"temperature of {self.who}"
        self._temperature = checks.number(what, temperature, above=0, write="temperature=1")

    def earned(self, lengths: Floats, correct: Bools) -> Floats:
        """n+ * softmax over the correct ones."""
        if not correct.any():
            return np.zeros(len(lengths))
        shortness = -lengths / self._most / self._temperature
        weights = np.where(correct, np.exp(shortness - shortness[correct].max()), 0.0)
        paid: Floats = weights * correct.sum() / weights.sum()
        return paid


@register_term("length_lambda")
class LengthLambda(GroupLength):
    """Pays correctness, less for long episodes in groups that are mostly correct.

    GRPO-lambda (arXiv 2505.18086): groups with a high share of correct answers get a length
    penalty, others the plain 0/1 reward. There the best `lambda` share of a batch's groups is
    chosen; here, where a reward sees one group, those whose share of correct episodes is `ratio`
    or more. The penalised form is second-hand: 1 - strength * sigmoid((len_i - mean) / std) with
    mean and std over the correct episodes (Arora and Zanette 2025, arXiv 2502.04463).

    Args:
        action, success, unit: as in `GroupLength`.
        ratio: the share of correct episodes from which on length counts, in [0, 1].
        strength: how much, in [0, 1].
    """

    lies = (0.0, 1.0)

    def __init__(
        self,
        action: Any,
        success: Any,
        *,
        ratio: float = 0.5,
        strength: float = 0.2,
        unit: str = "words",
    ) -> None:
        super().__init__(action, success, unit)
        self._ratio = self._share("ratio", ratio)
        self._strength = self._share("strength", strength)

    def _share(self, what: str, value: Any) -> float:
        found = checks.number(f"{what} of {self.who}", value, least=0, write=f"{what}=0.5")
        if found > 1:
            raise ConfigError(f"{what} of {self.who} is at most 1. Received {value!r}.")
        return found

    def earned(self, lengths: Floats, correct: Bools) -> Floats:
        """0/1, or 0 and the penalised 1."""
        if not correct.any() or correct.mean() < self._ratio:
            return correct.astype(np.float64)
        long = lengths - lengths[correct].mean()
        spread = lengths[correct].std()
        scaled = long / spread if spread > 0 else np.zeros_like(long)
        sigmoid = 1.0 / (1.0 + np.exp(-np.clip(scaled, -50.0, 50.0)))
        return np.where(correct, 1.0 - self._strength * sigmoid, 0.0)
