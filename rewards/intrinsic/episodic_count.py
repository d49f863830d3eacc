"""Counts of states within the running episode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rewardsmith import checks
from rewardsmith.language.inference import Givens, Interval
from rewardsmith.registry import register_term
from rewardsmith.rewards.intrinsic.counts import check_decay, check_decimals, decayed
from rewardsmith.rewards.intrinsic.episodic import Episodic
from rewardsmith.rewards.intrinsic.visits import Visits
from rewardsmith.term import Binding, Learner, State
from rewardsmith.transition import Bools, Floats, Transition


@register_term("episodic_count")
class EpisodicCount(Episodic):
    """Pays n_e(s_{t+1})^-1/2, with n_e the visits of the running episode, this one included.

    Raileanu and Rocktaeschel 2020 (arXiv 2002.12292), section 4, discount what they pay by
    sqrt(N_ep(s_{t+1})); here that factor stands alone, and s_0 counts as visited. Rewards lie in
    (0, 1]. It depends on the episode so far: a policy without memory cannot foresee it.

    Args:
        on, encoder: what it looks at, as for `IntrinsicTerm`.
        decay: `sqrt` or `inverse` (1/n_e).
        decimals: digits after the point that numbers are rounded to.
        capacity: states that a slot keeps, about 120 bytes each (1.2 MB per slot by default);
            one more makes it forget an eighth of them, see `counts.CountTable`.
    """

    source = "Raileanu and Rocktaeschel 2020 (arXiv 2002.12292), section 4"
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
        self.decimals = check_decimals("episodic_count", decimals)
        self.capacity = checks.whole("capacity of episodic_count", capacity, least=1)

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """Within [0, 1]."""
        return Interval(0.0, 1.0)

    def bind(self, binding: Binding) -> None:
        """Empty counts per slot."""
        super().bind(binding)
        self.visits = Visits(
            self.view, binding.num_envs, decimals=self.decimals, capacity=self.capacity
        )

    def step(self, transition: Transition) -> Floats:
        """By the counts of the episode, this visit included, which stays counted."""
        return decayed(self.visits(transition, self.slots_of(transition)), self.decay)

    def reset(self, mask: Bools) -> None:
        """Forget the episodes of these slots."""
        self.visits.reset(mask)

    def slot_state(self) -> State:
        """The visits of the running episodes."""
        return self.visits.state_dict()

    def restore(self, state: State) -> None:
        """Take over what `slot_state` gave."""
        self.visits.load_state_dict(state, self.who)

    def state_dict(self) -> State:
        """The visits of the running episodes."""
        return self.slot_state()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave.

        Raises:
            ConfigError: it is that of other slots, or of states of another size.
        """
        if state:
            self.restore(dict(state))
