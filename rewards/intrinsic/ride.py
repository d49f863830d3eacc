"""Rewarding impact-driven exploration."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from rewardsmith import checks
from rewardsmith.registry import register_term
from rewardsmith.rewards.intrinsic.counts import check_decimals
from rewardsmith.rewards.intrinsic.episodic_learned import EpisodicLearned
from rewardsmith.rewards.intrinsic.icm import ICM
from rewardsmith.rewards.intrinsic.learned import Batch
from rewardsmith.rewards.intrinsic.pending import Columns
from rewardsmith.rewards.intrinsic.visits import Visits
from rewardsmith.term import Binding, State
from rewardsmith.transition import Bools, Transition


@register_term("ride")
class RIDE(EpisodicLearned, ICM):
    """Pays how far a step moves the features of the state, less where the episode was before.

    Raileanu and Rocktaeschel 2020 (arXiv 2002.12292), section 4:
    r = ||phi(s_{t+1}) - phi(s_t)||_2 / sqrt(N_ep(s_{t+1})). phi is learned from both losses,
    that of the inverse and that of the forward model, weighted as in `icm`. N_ep
    counts exact states of the running episode, s_0 and this visit included. Rewards lie in
    [0, inf). A slot's counts take about 120 bytes per state: 1.2 MB by default.

    Differs from the paper: Adam in place of RMSprop, means over rows in place of sums.

    Args:
        on, training: what it looks at, and options, as for `Trained`.
        beta: weight of the forward loss, in [0, 1]; 1 - beta that of the inverse loss.
        decimals: digits after the point that numbers are rounded to, for N_ep alone.
        capacity: states that a slot counts; one more makes it forget an eighth of them.
    """

    source = "Raileanu and Rocktaeschel 2020 (arXiv 2002.12292), section 4"
    forward_moves_features = True
    embeds = False

    def __init__(
        self,
        *on: Any,
        beta: float = 0.2,
        decimals: int = 4,
        capacity: int = 10_000,
        **training: Any,
    ) -> None:
        super().__init__(*on, beta=beta, **training)
        self.decimals = check_decimals("ride", decimals)
        self.capacity = checks.whole("capacity of ride", capacity, least=1)

    def bind(self, binding: Binding) -> None:
        """Networks, and empty counts per slot."""
        super().bind(binding)
        self.visits = Visits(
            self.view, binding.num_envs, decimals=self.decimals, capacity=self.capacity
        )

    def recall(self, transition: Transition, batch: Batch) -> Columns:
        """Count s_{t+1}."""
        return {"visits": self.visits(transition, batch.columns["slot"])}

    def novelty(self, batch: Batch) -> Tensor:
        """Length of the step in feature space over the root of the visits."""
        now, after = self.online_features(batch)
        moved: Tensor = torch.linalg.vector_norm(after - now, dim=1)
        visits = torch.from_numpy(batch.columns["visits"]).to(moved.device)
        return moved / visits.sqrt()

    def reset(self, mask: Bools) -> None:
        """Forget the visits of these slots."""
        self.visits.reset(mask)

    def slot_state(self) -> State:
        """The visits of the running episodes."""
        return self.visits.state_dict()

    def restore(self, state: State) -> None:
        """Take over what `slot_state` gave."""
        self.visits.load_state_dict(state, self.who)
