"""Counted: pay by how often a state, or what stands for it, was seen in training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rewardsmith import checks
from rewardsmith.errors import ConfigError
from rewardsmith.language.inference import Givens, Interval
from rewardsmith.rewards.intrinsic.base import IntrinsicTerm
from rewardsmith.rewards.intrinsic.counts import CountTable, Keys, check_decay, decayed
from rewardsmith.term import Binding, Learner, State
from rewardsmith.transition import Floats, Transition


class Counted(IntrinsicTerm):
    """Base: pays by how often a state's key was seen; subclasses write `keys`.

    A visit is paid by n, the visits before this step and itself: n^-1/2 or 1/n, in (0, 1]. Rows
    of one step are paid together, each as if alone, so that the order of slots does not matter;
    `update` then counts every one of them. `relabel` pays what a visit now would.

    Args:
        on, encoder: what it looks at, as for `IntrinsicTerm`.
        decay: `sqrt` or `inverse`.
        capacity: keys that are kept, about 120 bytes each; see `counts.CountTable`.
    """

    def __init__(
        self, *on: Any, encoder: str = "auto", decay: str = "sqrt", capacity: int = 1_000_000
    ) -> None:
        super().__init__(*on, encoder=encoder)
        self.decay = check_decay(self.term_name, decay)
        self.capacity = checks.whole(f"capacity of {self.term_name}", capacity, least=1)

    def keys(self, transition: Transition) -> Keys:
        """Keys of s_{t+1}, shape (N,)."""
        raise NotImplementedError

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """Within [0, 1]."""
        return Interval(0.0, 1.0)

    def bind(self, binding: Binding) -> None:
        """Begin with nothing counted."""
        super().bind(binding)
        self.table = CountTable(self.capacity)
        self._seen: tuple[Transition, Keys] | None = None

    def step(self, transition: Transition) -> Floats:
        """By the counts as they are, this visit added."""
        keys = self.keys(transition)
        self._seen = transition, keys
        return decayed(self.table(keys) + 1, self.decay)

    def relabel(self, transition: Transition) -> Floats:
        """What these visits would be paid now."""
        return decayed(self.table(self.keys(transition)) + 1, self.decay)

    def update(self, transition: Transition) -> None:
        """Count the visits."""
        seen, self._seen = self._seen, None
        known = seen is not None and seen[0] is transition
        self.table.add(seen[1] if seen is not None and known else self.keys(transition))

    def state_dict(self) -> State:
        """The counts."""
        return {"size": self.view.size, "table": self.table.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave.

        Raises:
            ConfigError: it counted states of another size.
        """
        if not state:
            return
        if int(state["size"]) != self.view.size:
            raise ConfigError(
                f"{self.who} takes counts of what it looks at itself: {self.view.size} numbers. "
                f"Received those of {int(state['size'])}; build it with the options and the env "
                "that it was saved with."
            )
        self.table.load_state_dict(state["table"])
        self._seen = None
