"""A penalty for saying the same again."""

from __future__ import annotations

from typing import Any

from rewardsmith import checks
from rewardsmith.language.inference import Givens, Interval
from rewardsmith.registry import register_term
from rewardsmith.term import Learner

from .base import TextTerm
from .ngrams import grams, words


@register_term("repetition_penalty")
class RepetitionPenalty(TextTerm):
    """Pays -most * (1 - distinct / all) of a text's n-grams of words: 0 if none comes twice.

    Yeo et al. 2025, "Demystifying Long Chain-of-Thought Reasoning in LLMs" (arXiv 2502.03373),
    appendix, as released (`get_repetition_penalty`: words in small letters, over the text). There
    the penalty is subtracted from wrong answers only: write when(1 - success, ...) for that. A
    text without n-grams is not penalised.

    Args:
        action: the text.
        n: words in an n-gram.
        most: the penalty of a text that says one thing for ever.
    """

    def __init__(self, action: Any, *, n: int = 20, most: float = 1.0) -> None:
        super().__init__(action)
        self._n = checks.whole(f"n of {self.who}", n, least=1, write="n=20")
        self._most = checks.number(f"most of {self.who}", most, least=0, write="most=1")

    def score(self, *texts: str) -> float:
        """0 down to -most."""
        found = list(grams(words(texts[0]), self._n))
        return -self._most * (1 - len(set(found)) / len(found)) if found else 0.0

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """[-most, 0]."""
        self.count(givens)
        return Interval(-self._most, 0.0)
