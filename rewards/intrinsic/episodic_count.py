"""Counts of states within the running episode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rewardsmith import checks
from rewardsmith.errors import ConfigError
from rewardsmith.language.inference import Givens, Interval
from rewardsmith.registry import register_term
from rewardsmith.rewards.intrinsic.counts import CountTable, Hashed, check_decay, decayed
from rewardsmith.rewards.intrinsic.episodic import Episodic
from rewardsmith.term import Binding, Learner, State
from rewardsmith.transition import Bools, Floats, Transition


@register_term("episodic_count")
class EpisodicCount(Episodic):
    """Pays n_e(s_{t+1})^-1/2, with n_e the visits of the running episode, this one included.

    Raileanu and Rocktaeschel 2020 (arXiv 2002.12292), equation 3, discount what they pay by
    sqrt(N_ep(s_{t+1})); here that factor stands alone, and s_0 counts as visited. Rewards lie in
    (0, 1]. It depends on the episode so far: a policy without memory cannot foresee it.

    Args:
        on, encoder: what it looks at, as for `IntrinsicTerm`.
        decay: `sqrt` or `inverse` (1/n_e).
        decimals: digits after the point that numbers are rounded to.
        capacity: states that a slot keeps, about 120 bytes each (1.2 MB per slot by default);
            one more makes it forget an eighth of them, see `counts.CountTable`.
    """

    source = "Raileanu and Rocktaeschel 2020 (arXiv 2002.12292), eq. 3"
    learns = False

    def __init__(
        self,
        *on: Any,
        encoder: str = "auto",
        decay: str = "sqrt",
        decimals: int = 4,
        capacity: int = 10_000,
    ) -> None:
        super().__init__(*on, encoder=encoder)
        self.decay = check_decay("episodic_count", decay)
        self.decimals = checks.whole("decimals of episodic_count", decimals, least=0)
        self.capacity = checks.whole("capacity of episodic_count", capacity, least=1)

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """Within [0, 1]."""
        return Interval(0.0, 1.0)

    def bind(self, binding: Binding) -> None:
        """One table per slot."""
        super().bind(binding)
        self.keys_of = Hashed(self.view, self.decimals)
        self.tables = [CountTable(self.capacity) for _ in range(binding.num_envs)]

    def step(self, transition: Transition) -> Floats:
        """By the counts of the episode, this visit included, which stays counted."""
        tables = [self.tables[i] for i in self.slots_of(transition).tolist()]
        self._begin(tables, transition)
        visits = np.empty(len(tables), dtype=np.int64)
        keys = self.keys_of(transition)
        for i, table in enumerate(tables):
            table.add(keys[i : i + 1])
            visits[i] = table(keys[i : i + 1])[0]
        return decayed(visits, self.decay)

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

    def slot_state(self) -> State:
        """The tables by slot."""
        return {str(i): table.state_dict() for i, table in enumerate(self.tables)}

    def restore(self, state: State) -> None:
        """Take over what `slot_state` gave."""
        for i, table in enumerate(self.tables):
            table.load_state_dict(state[str(i)])

    def state_dict(self) -> State:
        """The tables of the running episodes."""
        return {"size": self.view.size, "tables": self.slot_state()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave.

        Raises:
            ConfigError: it is that of other slots, or of states of another size.
        """
        if not state:
            return
        saved = len(state["tables"]), int(state["size"])
        here = len(self.tables), self.view.size
        if saved != here:
            raise ConfigError(
                f"{self.who} takes the state of as many envs and numbers to look at as its own. "
                f"Received {saved}, here are {here}; build it with the envs and options that it "
                "was saved with."
            )
        self.restore(state["tables"])
