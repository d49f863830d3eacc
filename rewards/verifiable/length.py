"""Pay for correctness that depends on length, along a cosine."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from rewardsmith import checks
from rewardsmith.errors import ConfigError, near_misses
from rewardsmith.language.inference import Givens, Interval
from rewardsmith.registry import register_term
from rewardsmith.rewards.expression import as_expression, compiled, features_of, inferred
from rewardsmith.term import Binding, Learner
from rewardsmith.transition import Floats, Transition

from .base import TextTerm

UNITS: dict[str, Callable[[str], int]] = {
    "words": lambda text: len(text.split()),
    "characters": len,
}


def measure(unit: str, who: str) -> Callable[[str], int]:
    """What measures a text.

    Raises:
        ConfigError: `unit` is neither `words` nor `characters`.
    """
    if unit not in UNITS:
        raise ConfigError(
            f"unit of {who} is one of {', '.join(UNITS)}. Received {unit!r}."
            f"{near_misses(str(unit), UNITS)}"
        )
    return UNITS[unit]


@register_term("length_cosine")
class LengthCosine(TextTerm):
    """Pays correct texts less, and wrong ones more, the longer they are, along a cosine.

    Yeo et al. 2025, "Demystifying Long Chain-of-Thought Reasoning in LLMs" (arXiv 2502.03373),
    section 4, as released: r(L) = r_most + (r_0 - r_most) / 2 * (1 + cos(pi L / most)), with its
    own r_0 and r_most for correct and wrong texts, and `exceed` at L >= most.

    Args:
        action: the text.
        success: an expression that is not 0 where the text is correct, such as `next(success)`.
        most: the length from which on a text is too long.
        correct, wrong: (pay at length 0, pay at `most`).
        exceed: the pay of a text that is too long.
        unit: `words` or `characters`.
    """

    def __init__(
        self,
        action: Any,
        success: Any,
        *,
        most: int = 1000,
        correct: tuple[float, float] = (1.0, 0.5),
        wrong: tuple[float, float] = (-1.0, -0.5),
        exceed: float = -1.0,
        unit: str = "words",
    ) -> None:
        super().__init__(action)
        self.success = as_expression(success)
        self._most = checks.whole(f"most of {self.who}", most, least=1, write="most=1000")
        self._pays = [self._pair(wrong, "wrong"), self._pair(correct, "correct")]
        self._exceed = checks.number(f"exceed of {self.who}", exceed, write="exceed=-1")
        self._length = measure(unit, self.who)

    def _pair(self, value: Any, what: str) -> tuple[float, float]:
        if not isinstance(value, tuple | list) or len(value) != 2:
            raise ConfigError(
                f"{what} of {self.who} is a pair, the pay at length 0 and at the most. Received "
                f"{value!r}; write {what}=(1, 0.5)."
            )
        start, end = (checks.number(f"{what} of {self.who}", v) for v in value)
        return start, end

    @property
    def needs(self) -> frozenset[str]:
        """The text, and the features of the condition."""
        return super().needs | features_of(self.success)

    def bind(self, binding: Binding) -> None:
        """Find the text and compile the condition."""
        super().bind(binding)
        self._correct = compiled(self.success, binding)

    def relabel(self, transition: Transition) -> Floats:
        """The pay of each row's text."""
        correct = self._correct(transition) != 0
        texts = self._readers[0](transition)
        pairs = zip(texts, correct, strict=True)
        return np.array([self._paid(self._length(t), bool(c)) for t, c in pairs], dtype=np.float64)

    def _paid(self, length: int, correct: bool) -> float:
        if length >= self._most:
            return self._exceed
        start, end = self._pays[correct]
        return end + 0.5 * (start - end) * (1.0 + math.cos(math.pi * length / self._most))

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """From the least to the most of all pays."""
        self.count(givens)
        inferred(self.success, givens)
        pays = [*self._pays[0], *self._pays[1], self._exceed]
        return Interval(min(pays), max(pays))
