"""Disagreement of an ensemble of forward models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from rewardsmith import checks
from rewardsmith.registry import register_term
from rewardsmith.rewards.intrinsic.ensemble import Ensemble
from rewardsmith.rewards.intrinsic.learned import Batch, LearnedTerm


@register_term("disagreement")
class Disagreement(LearnedTerm):
    """Pays how far models disagree on the features of s_{t+1}, told from those of s_t and a_t.

    Pathak et al. 2019 (arXiv 1906.04161), eq. 1: r = E_m ||f_m(x_t, a_t) - E_m f_m(x_t, a_t)||^2,
    the variance over the models, here the mean over the vector's numbers, which differs by the
    constant factor `latent` only. What is random in the env is foretold alike by all models once
    they know it, so it stops paying, unlike the error of `icm`. x = f(s) is a fixed random
    encoder (the paper's choice for Atari). Rewards lie in [0, inf), before scaling.

    Each batch is dealt out among the models, so that no two learn from the same rows of a pass.

    Args:
        on, training: what it looks at, and options, as for `LearnedTerm`.
        models: size of the ensemble; 5 in the paper.
    """

    source = "Pathak et al. 2019 (arXiv 1906.04161), eq. 1"
    looks = ("now", "next", "action")

    def __init__(self, *on: Any, models: int = 5, **training: Any) -> None:
        super().__init__(*on, **training)
        self.models = checks.whole("models of disagreement", models, least=2)

    def build(self) -> Mapping[str, nn.Module]:
        """The encoder, which stays as it is, and the models."""
        encoder = self.trunk()
        encoder.requires_grad_(False)
        size = self.latent + self.action_size
        return {
            "encoder": encoder,
            "dynamics": Ensemble(self.models, size, self.hidden, self.latent),
        }

    def novelty(self, batch: Batch) -> Tensor:
        """Variance over the models, the mean over the numbers of a vector."""
        told: Tensor = self.nets["dynamics"](self._given(batch))
        # Tensor.var over few models takes longer than the models do.
        return (told - told.mean(dim=0)).square().mean(dim=(0, 2))

    def loss(self, batch: Batch) -> Tensor:
        """Half the squared error, the mean over rows and the sum over models.

        With fewer rows than models, all learn from all of them.
        """
        given, after = self._given(batch), self.nets["encoder"](batch.next)
        each = len(batch) // self.models
        if each:
            given, after = (
                x[: each * self.models].reshape(self.models, each, -1) for x in (given, after)
            )
        error: Tensor = self.nets["dynamics"](given) - after
        return 0.5 * error.square().sum(dim=2).mean(dim=1).sum()

    def _given(self, batch: Batch) -> Tensor:
        assert batch.action is not None
        return torch.cat([self.nets["encoder"](batch.now), batch.action], dim=1)
