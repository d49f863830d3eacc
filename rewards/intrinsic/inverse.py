"""Features of states that keep what the agent's actions change."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from rewardsmith.rewards.intrinsic.carried import Carried
from rewardsmith.rewards.intrinsic.learned import Batch, LearnedTerm
from rewardsmith.rewards.intrinsic.nets import mlp
from rewardsmith.term import Binding


class InverseFeatures(LearnedTerm):
    """Base: phi(s), learned by foretelling a_t from phi(s_t) and phi(s_{t+1}).

    Pathak et al. 2017 (arXiv 1705.05363), eq. 2 and 3. Subclasses write `novelty`, and `loss`
    where they learn more than phi.
    """

    looks = ("now", "next", "action")

    def build(self) -> Mapping[str, nn.Module]:
        """Features and inverse model."""
        return {
            "features": self.trunk(),
            "inverse": mlp(2 * self.latent, self.hidden, self.action_size),
        }

    def bind(self, binding: Binding) -> None:
        """Networks, and no features yet."""
        super().bind(binding)
        self.carried = Carried(self.nets["features"])

    def changed(self) -> None:
        """Forget the features of the last s_{t+1}."""
        self.carried.clear()

    def online_features(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The same as `features`, to pay by: those of s_t may be those of the last s_{t+1}."""
        if not batch.online:
            return self.features(batch)
        assert batch.now is not None
        assert batch.next is not None
        now = self.carried.now(batch.now, batch.columns)
        return now, self.carried.next(batch.next, batch.columns)

    def features(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """phi(s_t) and phi(s_{t+1}), each of shape (N, latent)."""
        assert batch.now is not None
        assert batch.next is not None
        phi, now, after = self.nets["features"], batch.now, batch.next
        if self.view.image is None:
            now, after = phi(torch.cat([now, after])).chunk(2)
        else:  # to join pictures costs more than to call twice
            now, after = phi(now), phi(after)
        return now, after

    def inverse_loss(self, now: Tensor, after: Tensor, batch: Batch) -> Tensor:
        """How badly the actions are foretold from both features."""
        told = self.nets["inverse"](torch.cat([now, after], dim=1))
        return action_loss(told, batch, self.discrete)

    def loss(self, batch: Batch) -> Tensor:
        """The inverse model's alone."""
        return self.inverse_loss(*self.features(batch), batch)


def action_loss(told: Tensor, batch: Batch, discrete: bool) -> Tensor:
    """Cross-entropy of classes, mean squared error of numbers."""
    assert batch.action is not None
    if discrete:
        return functional.cross_entropy(told, batch.action.argmax(dim=1))
    return functional.mse_loss(told, batch.action)
