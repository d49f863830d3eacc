"""EpisodicLearned: a learned term that pays by what its slot saw earlier in its episode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch

from rewardsmith.rewards.intrinsic.episodic import Episodic
from rewardsmith.rewards.intrinsic.learned import Batch, LearnedTerm
from rewardsmith.rewards.intrinsic.pending import Columns
from rewardsmith.term import State
from rewardsmith.transition import Floats, Ints, Transition


class EpisodicLearned(Episodic, LearnedTerm):
    """Base: `step` asks the slots' memories first, and `novelty` reads what they told.

    Subclasses write `remember` (or `recall`), `reset`, `slot_state` and `restore` beside what
    `LearnedTerm` asks for. Only rows that `step` has just paid are learned from: no others have a
    past. The first statistics of observations empty memories of what networks gave: what was
    embedded before rows were centred is no measure of what comes.
    """

    #: whether memories hold what networks gave
    embeds: ClassVar[bool] = True

    def remember(self, batch: Batch) -> Columns:
        """Move the memories of the rows' slots on; what they tell, one row per transition."""
        raise NotImplementedError

    def recall(self, transition: Transition, batch: Batch) -> Columns:
        """The same, for memories of what no network reads."""
        return self.remember(batch)

    def forget(self) -> None:
        """Begin anew with the first statistics of observations."""
        self.reset(np.ones(self.binding.num_envs, dtype=bool))

    def step(self, transition: Transition) -> Floats:
        """Rewards now; the memories take the rows in."""
        self.slots_of(transition)
        columns = self._columns(transition)
        with torch.inference_mode():
            batch = self._tensors(columns, online=True)
            columns.update(self.recall(transition, batch))
            raw: Floats = self.novelty(batch).double().cpu().numpy()
        self._seen = columns, raw
        return self._paid(raw)

    def update(self, transition: Transition) -> None:
        """Learn from the rows that `step` has just paid."""
        if self._seen is not None and len(self._seen[1]) == len(transition):
            super().update(transition)
        self._seen = None

    def _learn(self, columns: Columns) -> None:
        first = self.embeds and not self.centring.started
        super()._learn(columns)
        if first:
            self.forget()

    def _raw(self, columns: Columns, *, online: bool = False) -> Floats:
        """Rewards of rows in order by the networks of now, beside the running episodes."""
        if not self.embeds:
            return super()._raw(columns)
        kept, found = self.slot_state(), np.empty(len(columns["slot"]))
        self.reset(np.ones(self.binding.num_envs, dtype=bool))
        for rows in _turns(columns["slot"]):
            part = {name: values[rows] for name, values in columns.items()}
            with torch.inference_mode():
                batch = self._tensors(part)
                part.update(self.remember(batch))
                found[rows] = self.novelty(batch).double().cpu().numpy()
            ended = np.zeros(self.binding.num_envs, dtype=bool)
            ended[part["slot"]] = part["done"]
            self.reset(ended)
        self.restore(kept)
        return found

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


def _turns(slot: Ints) -> list[Ints]:
    """Rows, first those that are the first of their slot, then the second, and so on.

    >>> [rows.tolist() for rows in _turns(np.array([0, 1, 0, 0, 1]))]
    [[0, 1], [2, 4], [3]]
    """
    order = np.argsort(slot, kind="stable")
    starts = np.searchsorted(slot[order], slot[order])
    turn = np.empty(len(slot), dtype=np.int64)
    turn[order] = np.arange(len(slot)) - starts
    return [np.flatnonzero(turn == k) for k in range(int(turn.max(initial=-1)) + 1)]
