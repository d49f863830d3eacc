"""What terms share that score texts: one number per row, read of texts that a formula names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from rewardsmith.language.inference import Givens, Interval
from rewardsmith.rewards.groups import GroupTerm, at_the_end
from rewardsmith.rewards.texts import TextReader, text_expression, text_features, text_reader
from rewardsmith.term import Binding, Guarantee, Learner, RewardTerm
from rewardsmith.transition import Floats, Transition


class TextTerm(RewardTerm):
    """Base: reads some texts of each row; a subclass scores them.

    Args:
        texts: what a formula names: a text feature, `obs`, `action`, or `next(...)` of a feature.
    """

    guarantee = Guarantee.BIASED
    #: where each reward lies, whatever the texts; None if that depends on options
    lies: ClassVar[tuple[float, float] | None] = None

    def __init__(self, *texts: Any) -> None:
        self.texts = tuple(text_expression(text, self.who) for text in texts)

    @property
    def who(self) -> str:
        """The term, as errors call it."""
        return f"{self.term_name}(...)"

    @property
    def needs(self) -> frozenset[str]:
        """The text features that it reads; `action` and `obs` are none."""
        named = text_features(*self.texts)
        binding = getattr(self, "binding", None)
        if binding is None:
            return named - {"action", "obs"}
        return frozenset(n for n in named if n in binding.schema)

    def bind(self, binding: Binding) -> None:
        """Find the texts in this place."""
        super().bind(binding)
        self._readers: list[TextReader] = [text_reader(t, binding, self.who) for t in self.texts]

    def rows(self, transition: Transition) -> list[tuple[str, ...]]:
        """The texts of each row: N tuples, one text per argument."""
        return list(zip(*(read(transition) for read in self._readers), strict=True))

    def relabel(self, transition: Transition) -> Floats:
        """Each row's score, shape (N,)."""
        scores = [self.score(*row) for row in self.rows(transition)]
        return np.array(scores, dtype=np.float64)

    def score(self, *texts: str) -> float:
        """What one row's texts are worth."""
        raise NotImplementedError

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """The range of its scores."""
        self.count(givens)
        return None if self.lies is None else Interval(*self.lies)

    def count(self, givens: Givens) -> None:
        """Tell the report that its features count, although nothing is computed with texts."""
        if givens.report is not None:
            givens.report.read |= self.needs


class GroupTextTerm(GroupTerm, TextTerm):
    """Base of terms that compare texts of the episodes of one task: a subclass writes `compare`.

    What an episode earns is paid on its last row, and nothing before.
    """

    def finish_group(self, episodes: Sequence[Transition]) -> list[Floats]:
        """What each episode earns, on its last row."""
        return [at_the_end(e, v) for e, v in zip(episodes, self.compare(episodes), strict=True)]

    def compare(self, episodes: Sequence[Transition]) -> Sequence[float]:
        """What each of the episodes earns."""
        raise NotImplementedError(f"{type(self).__name__} must define compare(episodes)")

    def last(self, episode: Transition, text: int = 0) -> str:
        """A text of an episode's last row; empty if the episode has no rows."""
        said = self._readers[text](episode)
        return said[-1] if said else ""
