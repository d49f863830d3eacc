"""What an episode says that no other episode of its group says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rewardsmith import checks
from rewardsmith.registry import register_term
from rewardsmith.transition import Transition

from .base import GroupTextTerm
from .ngrams import grams, words


@register_term("diversity")
class Diversity(GroupTextTerm):
    """Pays the share of an episode's distinct n-grams that no other episode of the group has.

    distinct-n (Li et al. 2016, arXiv 1510.03055: distinct n-grams / all n-grams of a model's
    outputs) is a number of the whole group and tells no episode from another; this is each
    episode's own contribution to it, and ours. It lies in [0, 1], is 0 for an episode without
    n-grams and 1 in a group of one; all turns of an episode are read.

    Args:
        action: the text of each turn.
        n: words in an n-gram.
    """

    lies = (0.0, 1.0)

    def __init__(self, action: Any, *, n: int = 2) -> None:
        super().__init__(action)
        self._n = checks.whole(f"n of {self.who}", n, least=1, write="n=2")

    def compare(self, episodes: Sequence[Transition]) -> list[float]:
        """The share of each episode's n-grams that are its own."""
        said = [self._said(episode) for episode in episodes]
        count = Counter(gram for found in said for gram in found)
        return [sum(count[g] == 1 for g in found) / max(len(found), 1) for found in said]

    def _said(self, episode: Transition) -> set[tuple[str, ...]]:
        texts = self._readers[0](episode)
        return {gram for text in texts for gram in grams(words(text), self._n)}
