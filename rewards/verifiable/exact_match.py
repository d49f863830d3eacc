"""Whether an answer is the reference."""

from __future__ import annotations

from typing import Any

from rewardsmith import checks
from rewardsmith.registry import register_term

from .answers import alike, extraction
from .base import TextTerm


@register_term("exact_match")
class ExactMatch(TextTerm):
    """Pays 1 where the answer in `action` is the reference, else 0.

    The plain 0/1 outcome reward of learning from verifiable answers (e.g. DeepSeek-R1,
    arXiv 2501.12948, section 2.2.2, accuracy rewards). An empty answer never matches.

    Args:
        action: the text that answers.
        reference: the right answer, as it is; a reference that is empty is matched by nothing.
        extract: where the answer stands in `action`: `whole`, `last_line`, `boxed`, `number`, or a
            tag such as `<answer>`.
        strict: compare character by character; else blanks and capitals do not count.
    """

    lies = (0.0, 1.0)

    def __init__(
        self, action: Any, reference: Any, *, extract: str = "whole", strict: bool = False
    ) -> None:
        super().__init__(action, reference)
        self._extract = extraction(extract, self.who)
        self._strict = checks.truth(f"strict of {self.who}", strict, write="strict=True")

    def score(self, *texts: str) -> float:
        """1 if they agree."""
        answer, reference = self._extract(texts[0]), texts[1].strip()
        if not self._strict:
            answer, reference = alike(answer), alike(reference)
        return float(bool(answer) and answer == reference)
