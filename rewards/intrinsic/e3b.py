"""Exploration via elliptical episodic bonuses."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from rewardsmith import checks
from rewardsmith.registry import register_term
from rewardsmith.rewards.intrinsic.ellipsoids import Ellipsoids
from rewardsmith.rewards.intrinsic.episodic_learned import EpisodicLearned
from rewardsmith.rewards.intrinsic.inverse import InverseFeatures
from rewardsmith.rewards.intrinsic.learned import Batch
from rewardsmith.rewards.intrinsic.pending import Columns
from rewardsmith.term import Binding, State
from rewardsmith.transition import Bools


@register_term("e3b")
class E3B(EpisodicLearned, InverseFeatures):
    """Pays for features of s_{t+1} that lie far from the ellipsoid of the episode's features.

    Henaff et al. 2022 (arXiv 2210.05805), section 3: r = phi^T C^-1 phi with phi = phi(s_{t+1}),
    C = ridge * I + the sum of phi(s_i) phi(s_i)^T over s_0 to s_t: a state is paid before it
    joins C. phi is learned by foretelling actions, as in `icm`. Rewards lie in [0, inf), before
    scaling. A slot takes `8 * latent**2` bytes, 131 kB by default.

    C keeps the features of the moment in which each state was seen; when `normalize_obs` gets its
    first statistics, C begins anew. Differs from the paper:
    rows are centred and scaled unless `normalize_obs=False`; Adam in place of RMSprop.

    Args:
        on, training: what it looks at, and options, as for `Trained`.
        ridge: lambda of the paper, above 0: the smaller, the more the first steps are paid.
    """

    source = "Henaff et al. 2022 (arXiv 2210.05805), section 3"

    def __init__(self, *on: Any, ridge: float = 0.1, **training: Any) -> None:
        super().__init__(*on, **training)
        self.ridge = checks.number("ridge of e3b", ridge, above=0)

    def bind(self, binding: Binding) -> None:
        """Networks, and an ellipsoid per slot."""
        super().bind(binding)
        self.ellipsoids = Ellipsoids(binding.num_envs, self.latent, self.ridge, self.device)

    def remember(self, batch: Batch) -> Columns:
        """The bonus of each s_{t+1}, which then joins its slot's ellipsoid."""
        assert batch.now is not None
        phi, slot = self.nets["features"], batch.columns["slot"]
        new = ~self.ellipsoids.begun[slot]
        if new.any():
            self.ellipsoids.add(phi(batch.now[torch.from_numpy(new)]), slot[new])
        return {"bonus": self.ellipsoids.add(phi(batch.next), slot).cpu().numpy()}

    def novelty(self, batch: Batch) -> Tensor:
        """What `remember` found."""
        return torch.from_numpy(batch.columns["bonus"])

    def reset(self, mask: Bools) -> None:
        """Forget the ellipsoids of these slots."""
        self.ellipsoids.reset(mask)

    def slot_state(self) -> State:
        """The ellipsoids of the running episodes."""
        return self.ellipsoids.state_dict()

    def restore(self, state: State) -> None:
        """Take over what `slot_state` gave."""
        self.ellipsoids.load_state_dict(state, self.who)
