"""How the claims of a reward's parts make the claim of the whole.

The claims follow Ng et al. 1999 (theorem 1: F = gamma*Phi(s') - Phi(s) keeps the optimal
policies, for any sign and scale of Phi) and Devlin and Kudenko 2012 (potentials that change
with time). A weight that changes multiplies F after the difference was taken, so it breaks
the sum's telescoping until it is constant.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rewardsmith.term import Guarantee

if TYPE_CHECKING:
    from rewardsmith.build import Entry

_WEAKEST_LAST = (
    Guarantee.INVARIANT,
    Guarantee.ASYMPTOTIC,
    Guarantee.UNKNOWN,
    Guarantee.BIASED,
)


def of_entry(entry: Entry) -> Guarantee:
    """The claim of one term under its weight and schedule."""
    if entry.weight == 0.0:
        return Guarantee.INVARIANT
    if entry.term.carries_env and entry.weight < 0:
        return Guarantee.BIASED
    claim = entry.term.guarantee
    if entry.schedule is None or entry.schedule.constant:
        return claim
    if entry.term.carries_env:
        # The task's own reward must not be annealed away or turned round.
        return Guarantee.ASYMPTOTIC if entry.schedule.final > 0 else Guarantee.BIASED
    if claim is Guarantee.INVARIANT or entry.schedule.final == 0.0:
        return Guarantee.ASYMPTOTIC
    return claim


def combine_parts(entries: Sequence[Entry]) -> Guarantee:
    """The weakest claim among the parts."""
    return max((of_entry(e) for e in entries), key=_WEAKEST_LAST.index)


def carries_env(entries: Sequence[Entry]) -> bool:
    """Whether the env's own reward is among the parts, at a weight that ends positive."""
    return any(
        e.term.carries_env and e.weight > 0 and (e.schedule is None or e.schedule.final > 0)
        for e in entries
    )


def combine(entries: Sequence[Entry]) -> Guarantee:
    """The claim of a whole reward: without the env's own reward it can only be biased."""
    return combine_parts(entries) if carries_env(entries) else Guarantee.BIASED
