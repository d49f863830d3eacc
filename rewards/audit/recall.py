"""Which of a reward wrapper's attributes its pay depends on, beside the transition."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rewardsmith.rewards.audit.attributes import MOVES, Place, moved, prints
from rewardsmith.rewards.audit.subject import Pair

if TYPE_CHECKING:
    from rewardsmith.rewards.audit.explore import Search

Edge = tuple[int, int, int, float, float, float]
#: states whose wrappers are tried with other memories; copies that came another way
_SAMPLES, _ALTERNATES = 200, 100
#: about how many steps are taken with other memories
_TRIES = 6_000


class Recall:
    """What the wrappers' attributes were on the first arrival at each state.

    An attribute that differs on a later arrival is no function of the state. It matters if other
    values of it change what some step is paid.

    Attributes:
        varying: attributes that are no function of the state.
        mattering: those of them on which the pay depends.
        timed: whether the time of the episode does, as the env's time limit keeps it.
        tried: steps that were taken with other values.
    """

    def __init__(self) -> None:
        self.varying: frozenset[Place] = frozenset()
        self.mattering: frozenset[Place] = frozenset()
        self.timed = False
        self.tried = 0
        self._first: dict[int, dict[Place, Hashable]] = {}
        self._kept: list[tuple[int, Pair]] = []
        self._others: list[tuple[int, Pair]] = []
        self._rng = np.random.default_rng(0)

    def arrive(self, state: int, pair: Pair) -> None:
        """Compare with the first arrival."""
        found = prints(pair)
        first = self._first.setdefault(state, found)
        if first is found:
            return
        differing = {p for p in found.keys() | first.keys() if found.get(p) != first.get(p)}
        if differing:
            self.varying |= differing
            seen = pair.probe.seen
            if len(self._others) < _ALTERNATES and seen is not None and not seen.terminated:
                self._others.append((state, pair))

    def samples(self, state: int, pair: Pair) -> bool:
        """Keep some of the wrappers that were expanded; whether it did."""
        if len(self._kept) < _SAMPLES:
            self._kept.append((state, pair))
            return True
        slot = int(self._rng.integers(len(self._first)))
        if slot >= _SAMPLES:
            return False
        self._kept[slot][1].outer.close()
        self._kept[slot] = (state, pair)
        return True

    def judge(self, search: Search, edges: Sequence[Edge]) -> None:
        """Find the attributes that matter, and let go of the wrappers that were kept."""
        paid = {(s, a, after): proxy for s, a, after, _, _, proxy in edges}
        self._rng.shuffle(self._kept)
        del self._kept[_TRIES // (len(MOVES) * len(search.actions)) + 1 :]
        try:
            self.timed = self._moves(search, paid, frozenset())
            if self.timed or not self.varying:
                return
            if self._differs(search, paid, self._others) or self._moves(search, paid, self.varying):
                alone = {p for p in self.varying if self._moves(search, paid, frozenset({p}))}
                self.mattering = frozenset(alone) or self.varying
        finally:
            for _, pair in (*self._kept, *self._others):
                pair.outer.close()
            self._kept, self._others = [], []

    def _moves(self, search: Search, paid: Any, places: frozenset[Place]) -> bool:
        """Whether other values at `places`, late in an episode, change what a wrapper pays."""
        changed = ((s, other) for s, pair in self._kept for other in moved(pair, places))
        return self._differs(search, paid, changed)

    def _differs(self, search: Search, paid: Any, pairs: Any) -> bool:
        for state, pair in pairs:
            for number, action in enumerate(search.actions):
                for outcome in list(search.outcomes(pair, action)):
                    self.tried += 1
                    if _pays_otherwise(search, paid, (state, number), pair, (action, outcome)):
                        return True
        return False


def _pays_otherwise(search: Search, paid: Any, edge: Any, pair: Pair, move: Any) -> bool:
    try:
        clone, amount = search.taken(pair, *move)
    except Exception:  # a memory that breaks the reward matters to it
        return True
    after = search.arrived(clone)
    known = paid.get((*edge, after))
    return known is not None and not np.isclose(known, amount, 1e-9, 1e-9)
