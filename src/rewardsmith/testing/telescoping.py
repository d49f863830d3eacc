"""The black-box test of a potential: what an episode pays in all depends on its ends alone.

Ng, Harada and Russell 1999: with F = gamma*Phi(s') - Phi(s) and Phi = 0 at termination, the
discounted sum of F over an episode is -Phi(s_0), whatever the policy did between.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from rewardsmith.testing.play import Player, States
from rewardsmith.testing.report import Broken, Unchecked
from rewardsmith.testing.subject import TOLERANCE, Subject, play

_REMEDY = (
    "Pay gamma*Phi(s') - Phi(s) with the learner's own gamma (binding.learner.gamma), Phi from "
    "one state alone, nothing clipped, or declare Guarantee.BIASED."
)


def telescoping(subject: Subject, player: Player, episodes: int) -> str:
    """Discounted sums of episodes from one start state agree, whatever happens between."""
    discount = _discount(subject)
    start, goal = player.states(1), player.states(1)
    if spread := _spread(subject, player, discount, episodes, start, goal, ("truncated",)):
        raise Broken(
            f"Episodes of one length between the same two states were paid {spread} in all, so a "
            f"detour pays. {_REMEDY}"
        )
    final: tuple[str, ...] = ("terminated", "both")
    if not subject.learner.bootstraps_on_truncation:
        final = (*final, "truncated")
    if spread := _spread(subject, player, discount, episodes, start, None, final):
        raise Broken(
            f"Episodes from one start state that ended {' or '.join(final)} were paid {spread} in "
            "all, so where an episode ends pays, though between fixed ends the sums agree. Count "
            "Phi as 0 on rewardsmith.term.final_rows(transition, binding.learner), or declare "
            "Guarantee.BIASED."
        )
    return "Discounted sums depend on the start state alone: episodes end with Phi = 0."


def _spread(
    subject: Subject,
    player: Player,
    discount: float,
    episodes: int,
    start: States,
    goal: States | None,
    ends: tuple[str, ...],
) -> str:
    """`"from a to b"` if the sums of several episodes differ, else an empty string.

    A start state has one value; the two ends have one per length of the episode.
    """
    bound, sums = subject.fresh(), []
    for i in range(max(episodes, 2 * len(ends))):
        length = 6 if goal is not None else int(player.rng.integers(1, 13))
        episode = player.episode(
            length, ends[i % len(ends)], start=start, goal=goal, env_reward=False
        )
        rewards = play(bound, episode)
        sums.append(float(rewards @ discount ** np.arange(length)))
    low, high = min(sums), max(sums)
    if high - low <= TOLERANCE * max(1.0, abs(low), abs(high)):
        return ""
    return f"from {low:.6g} to {high:.6g}"


def _discount(subject: Subject) -> float:
    skips = set(_frame_skips(subject.given)) or {1}
    if len(skips) > 1:
        raise Unchecked(f"Its parts count {sorted(skips)} frames a step; no one discount fits.")
    return float(subject.learner.gamma ** skips.pop())


def _frame_skips(part: Any) -> Iterator[int]:
    if hasattr(part, "frame_skip"):
        yield int(part.frame_skip)
    for entry in getattr(part, "entries", ()):
        yield from _frame_skips(entry.term)
    for child in (getattr(part, "child", None), *getattr(part, "children", ())):
        if child is not None:
            yield from _frame_skips(child)
