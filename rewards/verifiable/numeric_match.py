"""Whether the final number of an answer is the reference's."""

from __future__ import annotations

import math
from typing import Any

from rewardsmith import checks
from rewardsmith.errors import ConfigError, unknown_name
from rewardsmith.registry import register_term

from .base import TextTerm
from .formulas import FORMULAS, needs_math_verify
from .numbers import final_number, final_unit
from .stated import formula

VERIFIERS = ("numbers", "math_verify")


@register_term("numeric_match")
class NumericMatch(TextTerm):
    r"""Pays 1 where the final number of `action` is that of the reference, else 0.

    The rule-based accuracy reward for mathematics (e.g. GSM8K's `#### 72`, arXiv 2110.14168, and
    MATH's \boxed{72}). Numbers are read as `final_number` says: symbolic answers such as x + 1 or
    \sqrt{2} are not understood, an answer that states no number is worth 0.

    With verifier='math_verify' (`pip install 'rewardsmith[math]'`) whole formulas are compared, by
    their meaning: fractions, roots, sets, intervals, matrices, equations, x^2 - 1 and (x-1)(x+1).
    math-verify reads the LaTeX that `formula` finds, in a process of its own, which is killed if
    it takes longer than `seconds`; the answer is then worth 0, whatever it says. A pair takes 0.1
    to 300 ms, the first one half a second more. Letters side by side are a product: "now" is
    "own".

    Args:
        action: the text that answers.
        reference: a text with the right number.
        tolerance: how far off the number may be.
        relative: how far off it may be as a share of the reference.
        units: whether the unit that follows the number must be the reference's too.
        verifier: `numbers`, or `math_verify`, for which the three options above do not count.
        seconds: for one comparison by math-verify.
    """

    lies = (0.0, 1.0)

    def __init__(
        self,
        action: Any,
        reference: Any,
        *,
        tolerance: float = 0.0,
        relative: float = 1e-6,
        units: bool = False,
        verifier: str = "numbers",
        seconds: float = 2.0,
    ) -> None:
        super().__init__(action, reference)
        number, who = checks.number, self.who
        self._tolerance = number(f"tolerance of {who}", tolerance, least=0, write="tolerance=0.01")
        self._relative = number(f"relative of {who}", relative, least=0, write="relative=0.001")
        self._units = checks.truth(f"units of {who}", units, write="units=True")
        self._seconds = number(f"seconds of {who}", seconds, above=0, write="seconds=2")
        self._formulas = self._by_formulas(verifier)

    def _by_formulas(self, verifier: str) -> bool:
        if verifier not in VERIFIERS:
            raise unknown_name(f"verifier of {self.who}", str(verifier), VERIFIERS)
        if verifier == "math_verify":
            needs_math_verify()
        return verifier == "math_verify"

    def score(self, *texts: str) -> float:
        """1 if the numbers, or the formulas, agree."""
        if self._formulas:
            return self._same_formulas(*texts)
        answer, reference = final_number(texts[0]), final_number(texts[1])
        if reference is None:
            raise ConfigError(
                f"The reference of {self.who} states a number. Received {texts[1][:80]!r}; name a "
                "text with the right number, or use exact_match(action, reference)."
            )
        if answer is None or abs(answer - reference) > self._slack(reference):
            return 0.0
        return float(not self._units or final_unit(texts[0]) == final_unit(texts[1]))

    def _same_formulas(self, text: str, reference: str) -> float:
        same = FORMULAS.same(formula(text), formula(reference), self._seconds)
        if same is None:
            raise ConfigError(
                f"The reference of {self.who} states a formula in LaTeX. Received "
                f"{reference[:80]!r}; name a text with one, or use exact_match(action, reference)."
            )
        return float(same)

    def _slack(self, reference: float) -> float:
        slack = max(self._tolerance, self._relative * abs(reference))
        return slack * (1 + 1e-9) + math.ulp(reference)  # 71.99 is no more than 0.01 off 72
