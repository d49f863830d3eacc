"""Counting answers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence


def label(answers: Sequence[str], share: float = 0.0) -> str:
    """The answer that most give; empty if nobody answers, or fewer than `share` of all agree.

    An empty answer is no vote. Of several with as many votes the one that came first wins.

    >>> label(["7", "", "8", "7"]), label(["7", "", "8", "7"], share=0.6)
    ('7', '')
    """
    votes = Counter(answer for answer in answers if answer)
    if not votes:
        return ""
    best, count = votes.most_common(1)[0]
    return best if count >= share * len(answers) else ""


def shares(answers: Sequence[str]) -> list[float]:
    """For each answer, the share of all that give it; 0 for an empty one."""
    votes = Counter(answers)
    return [votes[a] / len(answers) if a else 0.0 for a in answers]


def entropy(answers: Sequence[str]) -> float:
    """Entropy of the answers' distribution in nats, empty ones included as one answer."""
    parts = [n / len(answers) for n in Counter(answers).values()]
    return -math.fsum(p * math.log(p) for p in parts)
