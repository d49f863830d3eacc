"""Episodic: intrinsic terms that pay by what their slot saw earlier in its episode."""

from __future__ import annotations

from typing import Any

import numpy as np

from rewardsmith.errors import BindingError
from rewardsmith.rewards.intrinsic.base import IntrinsicTerm
from rewardsmith.term import State
from rewardsmith.transition import Bools, Floats, Ints, Transition


class Episodic(IntrinsicTerm):
    """Base: a memory per slot, which `step` fills and `reset` empties.

    Subclasses write `step`, `reset`, and `slot_state` and `restore` of the memories alone.
    """

    remembers = True

    def slot_state(self) -> State:
        """The memories of all slots."""
        raise NotImplementedError

    def restore(self, state: State) -> None:
        """Take over what `slot_state` gave."""
        raise NotImplementedError

    def relabel(self, transition: Transition) -> Floats:
        """Cannot be: it depends on the episode so far."""
        raise BindingError(
            f"{self.who} pays by what came earlier in the episode, so single stored steps cannot "
            "be paid anew. Use a replay buffer of rewardsmith.wrappers, which keeps its pay."
        )

    def finish(self, transition: Transition) -> Floats:
        """Rewards over one whole episode, beside whatever its slots are in."""
        kept, paid = self.slot_state(), np.zeros(len(transition))
        self.reset(self._first())
        for i in range(len(transition)):
            row = transition.select(slice(i, i + 1))
            row.env_index = np.zeros(1, dtype=np.int64)
            paid[i] = self.step(row)[0]
        self.restore(kept)
        return paid

    def slots_of(self, transition: Transition) -> Ints:
        """The slot of each row, shape (N,)."""
        if transition.env_index is not None:
            return transition.env_index
        count, slots = len(transition), self.binding.num_envs
        if count != slots:
            raise BindingError(
                f"{self.who} needs to know the slot of each row. Received {count} rows for "
                f"{slots} slots without env_index; set it."
            )
        return np.arange(count)

    def _first(self) -> Bools:
        mask: Any = np.zeros(self.binding.num_envs, dtype=bool)
        mask[0] = True
        return mask  # type: ignore[no-any-return]
