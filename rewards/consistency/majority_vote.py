"""Agreement with what most episodes of the group answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rewardsmith import checks
from rewardsmith.errors import ConfigError, near_misses
from rewardsmith.language.inference import Givens, Interval
from rewardsmith.registry import register_term
from rewardsmith.rewards.verifiable.answers import alike, extraction
from rewardsmith.rewards.verifiable.base import GroupTextTerm
from rewardsmith.term import Learner
from rewardsmith.transition import Transition

from .votes import entropy, label, shares

FORMS = ("label", "share")


@register_term("majority_vote")
class MajorityVote(GroupTextTerm):
    """Pays episodes whose answer is the group's most frequent one; no reference is needed.

    TTRL (arXiv 2504.16084): R(y_i, y) = 1 if y_i = y else 0, y the majority's answer. With
    form='share', TTRV (arXiv 2510.06783; the frequency reward r1(y_i) = share of episodes with
    that answer; its weighting of the entropy is second-hand): share - entropy * H, H the entropy
    of the group's answers in nats, the same for the whole group. What most answer may be wrong:
    nothing here knows the truth, and a policy that always says the same is paid in full.

    Args:
        action: the text that answers; that of an episode's last turn counts.
        extract: where the answer stands, as in `exact_match`. An episode without an answer has
            no vote and is paid 0.
        form: `label` (0 or 1) or `share`.
        share: of form `label`: the share of all episodes that must agree, else nobody is paid.
        entropy: of form `share`: the weight of the entropy.
    """

    def __init__(
        self,
        action: Any,
        *,
        extract: str = "number",
        form: str = "label",
        share: float = 0.0,
        entropy: float = 0.0,
    ) -> None:
        super().__init__(action)
        self._extract = extraction(extract, self.who)
        if form not in FORMS:
            raise ConfigError(
                f"form of {self.who} is one of {', '.join(FORMS)}. Received {form!r}."
                f"{near_misses(str(form), FORMS)}"
            )
        self._form = form
        self._share = checks.number(f"share of {self.who}", share, least=0, write="share=0.5")
        self._entropy = checks.number(f"entropy of {self.who}", entropy, least=0)

    def compare(self, episodes: Sequence[Transition]) -> list[float]:
        """1 or 0, or the share less the entropy."""
        answers = [alike(self._extract(self.last(e))) for e in episodes]
        if self._form == "share":
            cost = self._entropy * entropy(answers)
            return [found - cost for found in shares(answers)]
        right = label(answers, self._share)
        return [float(bool(right) and answer == right) for answer in answers]

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """[0, 1]; with an entropy it depends on the group's size."""
        self.count(givens)
        return Interval(0.0, 1.0) if self._entropy == 0 or self._form == "label" else None
