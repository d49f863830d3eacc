"""EpisodicLearned: a learned term that pays by what its slot saw earlier in its episode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from rewardsmith.rewards.intrinsic.episodic import Episodic
from rewardsmith.rewards.intrinsic.learned import Batch, LearnedTerm
from rewardsmith.rewards.intrinsic.pending import Columns
from rewardsmith.term import State
from rewardsmith.transition import Floats, Transition


class EpisodicLearned(Episodic, LearnedTerm):
    """Base: `step` asks the slots' memories first, and `novelty` reads what they told.

    Subclasses write `remember`, `reset`, `slot_state` and `restore` beside what `LearnedTerm`
    asks for. Only rows that `step` has just paid are learned from: no others have a past.
    """

    def remember(self, transition: Transition, batch: Batch) -> Columns:
        """Move the memories of the rows' slots on; what they tell, one row per transition."""
        raise NotImplementedError

    def step(self, transition: Transition) -> Floats:
        """Rewards now; the memories take the rows in."""
        self.slots_of(transition)
        columns = self._columns(transition)
        with torch.inference_mode():
            batch = self._tensors(columns)
            columns.update(self.remember(transition, batch))
            raw: Floats = self.novelty(batch).double().cpu().numpy()
        self._seen = columns, raw
        return self._paid(raw)

    def update(self, transition: Transition) -> None:
        """Learn from the rows that `step` has just paid."""
        if self._seen is not None and len(self._seen[1]) == len(transition):
            super().update(transition)
        self._seen = None

    def finish(self, transition: Transition) -> Floats:
        """Rewards over one whole episode, beside whatever its slots are in."""
        seen = self._seen
        paid = super().finish(transition)
        self._seen = seen
        return paid

    def state_dict(self) -> State:
        """The memories, beside what every learned term keeps."""
        return {**super().state_dict(), "episodes": self.slot_state()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave.

        Raises:
            ConfigError: it is that of other networks, slots or memories.
        """
        super().load_state_dict(state)
        if state:
            self.restore(state["episodes"])
