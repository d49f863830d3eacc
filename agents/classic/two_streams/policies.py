"""Stable-Baselines3's actor-critic policies with a second value head."""

from __future__ import annotations

from typing import Any

import torch as th
from stable_baselines3.common.policies import (
    ActorCriticCnnPolicy,
    ActorCriticPolicy,
    MultiInputActorCriticPolicy,
)
from torch import nn


class TwoHeads(nn.Module):
    """Two linear value heads on one latent: columns V_E and V_I, shape (B, 2)."""

    def __init__(self, extrinsic: nn.Linear) -> None:
        super().__init__()
        self.extrinsic = extrinsic
        self.intrinsic = nn.Linear(extrinsic.in_features, 1)

    def forward(self, latent: th.Tensor) -> th.Tensor:
        """Values of shape (B, 2) of latents of shape (B, width)."""
        return th.cat([self.extrinsic(latent), self.intrinsic(latent)], dim=1)


class TwoHeadPolicy(ActorCriticPolicy):
    """SB3's MlpPolicy with a value head for each stream (Burda et al. 2018, section 2.3).

    `forward` gives values of shape (B, 2), extrinsic and intrinsic. `predict_values` gives the
    extrinsic column alone, which everything in SB3 that asks for a value means. The policy and
    the first head begin as PPO's would from the same seed.
    """

    #: factors on the gradients of the two columns that `evaluate_actions` gives, shape (2,);
    #: None: it gives the first column alone
    value_weights: th.Tensor | None = None

    def _build(self, lr_schedule: Any) -> None:
        super()._build(lr_schedule)
        with th.random.fork_rng(devices=[]):  # what is drawn next is what PPO would draw
            self.value_net: Any = TwoHeads(self.value_net)
            if self.ortho_init:
                self.init_weights(self.value_net.intrinsic, gain=1)
        self.optimizer = self.optimizer_class(
            self.parameters(),
            lr=lr_schedule(1),  # type: ignore[call-arg]
            **self.optimizer_kwargs,
        )

    def evaluate_actions(
        self, obs: Any, actions: th.Tensor
    ) -> tuple[th.Tensor, th.Tensor, th.Tensor | None]:
        """Values of shape (B, 2) or (B, 1), log-probabilities and entropies of shape (B,)."""
        values, log_prob, entropy = super().evaluate_actions(obs, actions)
        weights = self.value_weights
        if weights is None:
            return values[:, :1], log_prob, entropy
        if values.requires_grad:
            # PPO has one coefficient for one value loss, the mean over both columns.
            values.register_hook(lambda g: g * weights)  # type: ignore[no-untyped-call]
        return values, log_prob, entropy

    def predict_both_values(self, obs: Any) -> th.Tensor:
        """Extrinsic and intrinsic values, shape (B, 2)."""
        return super().predict_values(obs)

    def predict_values(self, obs: Any) -> th.Tensor:
        """Extrinsic values, shape (B, 1)."""
        return self.predict_both_values(obs)[:, :1]

    def predict_intrinsic_values(self, obs: Any) -> th.Tensor:
        """Intrinsic values, shape (B, 1)."""
        return self.predict_both_values(obs)[:, 1:]


class TwoHeadCnnPolicy(TwoHeadPolicy, ActorCriticCnnPolicy):
    """`TwoHeadPolicy` for images."""


class TwoHeadMultiInputPolicy(TwoHeadPolicy, MultiInputActorCriticPolicy):
    """`TwoHeadPolicy` for dictionary observations."""
