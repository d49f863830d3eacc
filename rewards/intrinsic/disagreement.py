"""Disagreement of an ensemble of forward models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from rewardsmith import checks
from rewardsmith.registry import register_term
from rewardsmith.rewards.intrinsic.carried import Carried
from rewardsmith.rewards.intrinsic.ensemble import Ensemble
from rewardsmith.rewards.intrinsic.learned import Batch, LearnedTerm
from rewardsmith.term import Binding


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
        on, training: what it looks at, and options, as for `Trained`.
        models: size of the ensemble; 5 in the paper.
    """

    source = "Pathak et al. 2019 (arXiv 1906.04161), eq. 1"
    looks = ("now", "next", "action")
    frozen = ("now_features", "next_features")

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

    def bind(self, binding: Binding) -> None:
        """Networks, and no features yet."""
        super().bind(binding)
        self.carried = Carried(self.nets["encoder"])

    def changed(self) -> None:
        """Forget the features of the last s_{t+1}."""
        self.carried.clear()

    def novelty(self, batch: Batch) -> Tensor:
        """Variance over the models, the mean over the numbers of a vector."""
        now, _ = self.features(batch)
        told: Tensor = self.nets["dynamics"](self._given(now, batch))
        # Tensor.var over few models takes longer than the models do.
        return (told - told.mean(dim=0)).square().mean(dim=(0, 2))

    def loss(self, batch: Batch) -> Tensor:
        """Half the squared error, the mean over rows and the sum over models.

        With fewer rows than models, all learn from all of them.
        """
        now, after = self.features(batch)
        given = self._given(now, batch)
        each = len(batch) // self.models
        if each:
            given, after = (
                x[: each * self.models].reshape(self.models, each, -1) for x in (given, after)
            )
        error: Tensor = self.nets["dynamics"](given) - after
        return 0.5 * error.square().sum(dim=2).mean(dim=1).sum()

    def features(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Of s_t and s_{t+1}; `loss` finds again what `novelty` asked."""
        kept = [batch.columns.get(name) for name in self.frozen]
        if all(values is not None for values in kept):
            now, after = (torch.from_numpy(values).to(self.device) for values in kept)
            return now, after
        assert batch.now is not None
        assert batch.next is not None
        if batch.online:
            now = self.carried.now(batch.now, batch.columns)
            after = self.carried.next(batch.next, batch.columns)
        else:
            now, after = self.nets["encoder"](batch.now), self.nets["encoder"](batch.next)
        for name, values in zip(self.frozen, (now, after), strict=True):
            batch.columns[name] = values.cpu().numpy()
        return now, after

    def _given(self, now: Tensor, batch: Batch) -> Tensor:
        assert batch.action is not None
        return torch.cat([now, batch.action], dim=1)
