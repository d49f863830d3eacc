"""Intrinsic curiosity module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from rewardsmith import checks
from rewardsmith.errors import ConfigError
from rewardsmith.registry import register_term
from rewardsmith.rewards.intrinsic.inverse import InverseFeatures
from rewardsmith.rewards.intrinsic.learned import Batch
from rewardsmith.rewards.intrinsic.nets import mlp


@register_term("icm")
class ICM(InverseFeatures):
    """Pays the error of a model that foretells features of s_{t+1} from those of s_t and a_t.

    Pathak et al. 2017 (arXiv 1705.05363): r = 1/2 ||phi^(s_{t+1}) - phi(s_{t+1})||^2 (eq. 6);
    phi is learned by foretelling a_t from phi(s_t) and phi(s_{t+1}), so that it keeps what the
    agent controls; loss = (1 - beta) L_inverse + beta L_forward (eq. 7). Rewards lie in [0, inf).

    Args:
        on, training: what it looks at, and options, as for `Trained`.
        beta: weight of the forward loss, in [0, 1].
    """

    source = "Pathak et al. 2017 (arXiv 1705.05363), eq. 6 and 7"
    #: whether the forward loss moves the features too
    forward_moves_features: ClassVar[bool] = False

    def __init__(self, *on: Any, beta: float = 0.2, **training: Any) -> None:
        super().__init__(*on, **training)
        self.beta = checks.number(f"beta of {self.term_name}", beta, least=0)
        if self.beta > 1:
            raise ConfigError(f"beta of {self.term_name} lies in [0, 1]. Received {beta!r}.")

    def build(self) -> Mapping[str, nn.Module]:
        """Features, inverse and forward model."""
        return {
            **super().build(),
            "dynamics": mlp(self.latent + self.action_size, self.hidden, self.latent),
        }

    def novelty(self, batch: Batch) -> Tensor:
        """Half the squared error of each row."""
        return self._error(*self.online_features(batch), batch)

    def loss(self, batch: Batch) -> Tensor:
        """Both losses; the forward one leaves the features alone unless the class says else."""
        now, after = self.features(batch)
        inverse = self.inverse_loss(now, after, batch)
        if not self.forward_moves_features:
            now, after = now.detach(), after.detach()
        forward = self._error(now, after, batch).mean()
        return (1 - self.beta) * inverse + self.beta * forward

    def _error(self, now: Tensor, after: Tensor, batch: Batch) -> Tensor:
        assert batch.action is not None
        told: Tensor = self.nets["dynamics"](torch.cat([now, batch.action], dim=1))
        return 0.5 * (told - after).square().sum(dim=1)
