"""Which of two answers is better: win rates within a group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

import numpy as np

from rewardsmith.errors import ConfigError
from rewardsmith.registry import register_term
from rewardsmith.rewards.groups import GroupTerm, at_the_end
from rewardsmith.rewards.roles import says_roles
from rewardsmith.transition import Floats, Transition

from .base import JudgeTerm
from .layout import Exhibit
from .panel import Question
from .verdict import choices

#: what the first answer earns
WORTH = {"A": 1.0, "tie": 0.5, "B": 0.0}


@says_roles
@register_term("judge_pairwise")
class Pairwise(GroupTerm, JudgeTerm):
    """Pays each episode the share of its group that a judge finds worse; a tie counts half.

    Pairwise comparison (Zheng et al. 2023, arXiv 2306.05685), each pair asked in both orders, so
    that a judge who favours a place favours nobody; win rates as rewards are those of Pref-GRPO
    (arXiv 2508.20751). A group of n costs n (n - 1) questions. The text of an episode's last
    turn is judged; what it earns is paid there. In [0, 1]; 0.5 for an episode alone, and
    wherever no verdict can be read (`fallback`).

    Args:
        texts: the judged text, and perhaps its context, which is the first episode's.
        asking: what better means.
        judging: as in `JudgeTerm`.
    """

    def __init__(
        self,
        *texts: Any,
        asking: str = "Which of the two texts A and B is better, in what it does and says?",
        fallback: float = 0.5,
        **judging: Any,
    ) -> None:
        super().__init__(*texts, fallback=fallback, **judging)
        if not isinstance(asking, str) or not asking.strip():
            raise ConfigError(f"asking of {self.who} is a question. Received {asking!r}.")
        self.asking = asking

    def finish_group(self, episodes: Sequence[Transition]) -> list[Floats]:
        """Each episode's win rate, on its last row."""
        ends = [self.rows(e.select(slice(-1, None))) for e in episodes]
        entries = [i for i, rows in enumerate(ends) if rows]
        pairs = list(permutations(entries, 2))
        asked = [self._question(ends[i][0], ends[j][0], ends[entries[0]][0]) for i, j in pairs]
        rates = _win_rates(len(episodes), pairs, self.panel.judge(asked) if asked else [])
        return [at_the_end(e, v) for e, v in zip(episodes, rates, strict=True)]

    def _question(self, a: tuple[str, ...], b: tuple[str, ...], first: tuple[str, ...]) -> Question:
        context = tuple(Exhibit("CONTEXT", text) for text in first[1:])
        exhibits = (*context, Exhibit("A", a[0]), Exhibit("B", b[0]))
        form = '{"key": "KEY", "better": "<A, B or tie>"}'
        return Question(exhibits, self.asking, form, _read)


def _win_rates(
    count: int, pairs: Sequence[tuple[int, int]], verdicts: Sequence[float]
) -> list[float]:
    earned: list[list[float]] = [[] for _ in range(count)]
    for (first, second), verdict in zip(pairs, verdicts, strict=True):
        earned[first].append(verdict)
        earned[second].append(1.0 - verdict)
    return [float(np.mean(values)) if values else 0.5 for values in earned]


def _read(fields: Mapping[str, Any]) -> float | None:
    found = choices(fields, ("better",), tuple(WORTH))
    return None if found is None else WORTH[found[0]]
