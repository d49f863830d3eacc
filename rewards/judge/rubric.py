"""Scores by criteria, and principles that are followed or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rewardsmith import checks
from rewardsmith.registry import register_term
from rewardsmith.rewards.roles import says_roles

from .base import OneTextTerm
from .criteria import read_criteria
from .panel import Question
from .verdict import choices, scores


class _Listed(OneTextTerm):
    """Base: a list of criteria or principles, numbered in the prompt."""

    def _list(self, value: Any) -> None:
        criteria = read_criteria(value, self.who)
        self.items = [text for text, _ in criteria]
        total = sum(weight for _, weight in criteria)
        self.weights = [weight / total for _, weight in criteria]
        self.names = [str(i) for i in range(1, len(criteria) + 1)]

    def _numbered(self) -> str:
        return "\n".join(f"{n}. {t}" for n, t in zip(self.names, self.items, strict=True))

    def _form(self, each: str) -> str:
        fields = ", ".join(f'"{name}": {each}' for name in self.names)
        return f'{{"key": "KEY", {fields}}}'

    def _weighed(self, values: list[float]) -> float:
        return sum(w * v for w, v in zip(self.weights, values, strict=True))


@says_roles
@register_term("judge_rubric")
class Rubric(_Listed):
    """Pays the weighted mean of a judge's scores by criteria, divided by the highest score.

    LLM-as-a-judge, single answer grading (Zheng et al. 2023, arXiv 2306.05685), with one score
    per criterion. In [0, 1]; with `votes` the mean of several samples.

    Args:
        texts: the judged text, and perhaps its context, e.g. `action, obs`.
        criteria: `'Is it correct?: 2; Is it short?: 1'`, weights after colons.
        scale: the highest score; the lowest is 0.
        judging: as in `OneTextTerm` and `JudgeTerm`.
    """

    def __init__(self, *texts: Any, criteria: Any = "", scale: int = 10, **judging: Any) -> None:
        super().__init__(*texts, **judging)
        self._list(criteria)
        self.scale = checks.whole(f"scale of {self.who}", scale, least=1)

    def question(self, texts: tuple[str, ...]) -> Question:
        """Scores for one text."""
        instruction = (
            "Score the TEXT by each of these criteria with a whole number from 0 (not at all) to "
            f"{self.scale} (fully):\n{self._numbered()}"
        )
        form = self._form("<score>")
        return Question(self.exhibits(texts), instruction, form, self._read)

    def _read(self, fields: Mapping[str, Any]) -> float | None:
        found = scores(fields, self.names, 0, self.scale)
        return None if found is None else self._weighed([v / self.scale for v in found])


@says_roles
@register_term("judge_principles")
class Principles(_Listed):
    """Pays the weighted share of principles that a judge finds followed.

    Principles in the manner of constitutional AI (Bai et al. 2022, arXiv 2212.08073), asked one
    by one and answered yes or no. In [0, 1].

    Args:
        texts: the judged text, and perhaps its context.
        principles: `'It admits what it does not know.: 2; It is polite.'`.
        judging: as in `OneTextTerm` and `JudgeTerm`.
    """

    def __init__(self, *texts: Any, principles: Any = "", **judging: Any) -> None:
        super().__init__(*texts, **judging)
        self._list(principles)

    def question(self, texts: tuple[str, ...]) -> Question:
        """Whether one text follows each principle."""
        instruction = (
            "Say for each of these principles whether the TEXT follows it, yes or no:\n"
            f"{self._numbered()}"
        )
        form = self._form('"<yes or no>"')
        return Question(self.exhibits(texts), instruction, form, self._read)

    def _read(self, fields: Mapping[str, Any]) -> float | None:
        found = choices(fields, self.names, ("yes", "no"))
        return None if found is None else self._weighed([float(v == "yes") for v in found])
