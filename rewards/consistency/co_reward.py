"""Agreement of answers to differently worded questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rewardsmith import checks
from rewardsmith.errors import ConfigError
from rewardsmith.registry import register_term
from rewardsmith.rewards.verifiable.answers import alike, extraction
from rewardsmith.rewards.verifiable.base import GroupTextTerm
from rewardsmith.transition import Transition

from .votes import label


@register_term("co_reward")
class CoReward(GroupTextTerm):
    """Pays answers that agree with the majority of the *other* wording's answers.

    Co-Reward (arXiv 2508.00410), contrastive agreement: the original question and its rephrasing
    each get a majority label from their own rollouts, and each label pays the rollouts of the
    other. A group holds rollouts of both: a text feature names each episode's wording, such as
    `view` with the values "original" and "rephrased"; any two or more names do. Of three or more
    wordings each is paid by the majority of all the others' answers.

    Args:
        action: the text that answers; that of an episode's last turn counts.
        view: the text feature that names the wording; an episode's last turn counts.
        extract: where the answer stands, as in `exact_match`. No answer is paid 0.
        share: the share of the others' episodes that must agree, else nobody is paid.
    """

    lies = (0.0, 1.0)

    def __init__(
        self, action: Any, view: Any, *, extract: str = "number", share: float = 0.0
    ) -> None:
        super().__init__(action, view)
        self._extract = extraction(extract, self.who)
        self._share = checks.number(f"share of {self.who}", share, least=0, write="share=0.5")

    def compare(self, episodes: Sequence[Transition]) -> list[float]:
        """1 where an answer is the other wordings' label."""
        answers = [alike(self._extract(self.last(e))) for e in episodes]
        views = [self.last(e, 1) for e in episodes]
        if len(set(views)) < 2:
            raise ConfigError(
                f"{self.who} compares episodes of at least two wordings of one task. Received "
                f"{len(episodes)} episodes, all of {views[:1]!r}; put rollouts of the rephrased "
                "question into the group, or use majority_vote(action)."
            )
        right = {view: self._label(answers, views, view) for view in set(views)}
        return [float(bool(a) and a == right[v]) for a, v in zip(answers, views, strict=True)]

    def _label(self, answers: list[str], views: list[str], view: str) -> str:
        others = [a for a, v in zip(answers, views, strict=True) if v != view]
        return label(others, self._share)
