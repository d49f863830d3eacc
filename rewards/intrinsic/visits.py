"""Visits: exact counts of states within the running episode of each slot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.intrinsic.counts import CountTable, Hashed
from rewardsmith.rewards.intrinsic.view import View
from rewardsmith.term import State
from rewardsmith.transition import Bools, Ints, Transition


class Visits:
    """n_e(s_{t+1}): how often its slot was in s_{t+1} in this episode, now included.

    s_0 counts as visited. Takes about 120 bytes per state and slot, of at most `capacity`
    states; see `counts.CountTable`.

    Args:
        view: what states are told by.
        slots: number of envs.
        decimals: digits after the point that numbers are rounded to.
        capacity: states that a slot keeps.
    """

    def __init__(self, view: View, slots: int, *, decimals: int, capacity: int) -> None:
        self.keys_of = Hashed(view, decimals)
        self.size = view.size
        self.tables = [CountTable(capacity) for _ in range(slots)]

    def __call__(self, transition: Transition, slot: Ints) -> Ints:
        """Count s_{t+1} and give its visits, shape (N,)."""
        tables = [self.tables[i] for i in slot.tolist()]
        self._begin(tables, transition)
        visits = np.empty(len(tables), dtype=np.int64)
        keys = self.keys_of(transition)
        for i, table in enumerate(tables):
            table.add(keys[i : i + 1])
            visits[i] = table(keys[i : i + 1])[0]
        return visits

    def _begin(self, tables: list[CountTable], transition: Transition) -> None:
        """Count s_0 of episodes that begin."""
        new = [i for i, table in enumerate(tables) if not len(table)]
        if new:
            keys = self.keys_of(transition.select(new), at="now")
            for place, i in enumerate(new):
                tables[i].add(keys[place : place + 1])

    def reset(self, mask: Bools) -> None:
        """Forget the episodes of these slots."""
        for i in np.flatnonzero(mask):
            self.tables[i].clear()

    def state_dict(self) -> State:
        """The counts of the running episodes, by slot."""
        tables = {str(i): table.state_dict() for i, table in enumerate(self.tables)}
        return {"size": self.size, "tables": tables}

    def load_state_dict(self, state: Mapping[str, Any], who: str) -> None:
        """Take over what `state_dict` gave.

        Raises:
            ConfigError: it is that of other slots, or of states of another size.
        """
        saved, here = (len(state["tables"]), int(state["size"])), (len(self.tables), self.size)
        if saved != here:
            raise ConfigError(
                f"{who} takes the state of as many envs and numbers to look at as its own. "
                f"Received {saved}, here are {here}; build it with the envs and options that it "
                "was saved with."
            )
        for i, table in enumerate(self.tables):
            table.load_state_dict(state["tables"][str(i)])
