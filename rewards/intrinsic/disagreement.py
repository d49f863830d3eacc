"""Disagreement of an ensemble of forward models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from rewardsmith import checks
from rewardsmith.errors import ConfigError, near_misses
from rewardsmith.registry import register_term
from rewardsmith.rewards.intrinsic.carried import Carried
from rewardsmith.rewards.intrinsic.ensemble import Ensemble
from rewardsmith.rewards.intrinsic.inverse import action_loss
from rewardsmith.rewards.intrinsic.learned import Batch, LearnedTerm
from rewardsmith.rewards.intrinsic.nets import mlp
from rewardsmith.term import Binding

#: what the models foretell
FEATURES = ("random", "inverse")


@register_term("disagreement")
class Disagreement(LearnedTerm):
    """Pays how far models disagree on the features of s_{t+1}, told from those of s_t and a_t.

    Pathak et al. 2019 (arXiv 1906.04161): r = E_m ||f_m(x_t, a_t) - E_m f_m(x_t, a_t)||^2,
    the variance over the models, here the mean over the vector's numbers, which differs by the
    constant factor `latent` only. What is random in the env is foretold alike by all models once
    they know it, so it stops paying, unlike the error of `icm`. Rewards lie in [0, inf), before
    scaling.

    x = f(s) is a fixed random encoder, or, with `features='inverse'`, learned by foretelling
    actions as in `icm` (Pathak et al. 2017): it then keeps what the agent controls, and models
    have a moving target, on which they disagree for longer. The models' loss does not move it.

    Each batch is dealt out among the models, so that no two learn from the same rows of a pass.

    Args:
        on, training: what it looks at, and options, as for `Trained`.
        models: size of the ensemble; 5 in the paper.
        features: `random` or `inverse`.
    """

    source = "Pathak et al. 2019 (arXiv 1906.04161), the ensemble's variance"
    looks = ("now", "next", "action")
    frozen = ("now_features", "next_features")

    def __init__(
        self, *on: Any, models: int = 5, features: str = "random", **training: Any
    ) -> None:
        super().__init__(*on, **training)
        self.models = checks.whole("models of disagreement", models, least=2)
        if features not in FEATURES:
            raise ConfigError(
                f"features of disagreement is one of {', '.join(FEATURES)}. Received "
                f"{features!r}.{near_misses(str(features), FEATURES)}"
            )
        self.inverse = features == "inverse"

    def build(self) -> Mapping[str, nn.Module]:
        """The encoder, which stays as it is unless the inverse model moves it, and the models."""
        encoder = self.trunk()
        encoder.requires_grad_(self.inverse)
        size = self.latent + self.action_size
        found = {
            "encoder": encoder,
            "dynamics": Ensemble(self.models, size, self.hidden, self.latent),
        }
        if self.inverse:
            found["inverse"] = mlp(2 * self.latent, self.hidden, self.action_size)
        return found

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
        """Half the squared error, the mean over rows and the sum over models; the inverse model's.

        With fewer rows than models, all learn from all of them.
        """
        now, after = self.features(batch)
        if not self.inverse:
            return self._ensemble_loss(now, after, batch)
        told = self.nets["inverse"](torch.cat([now, after], dim=1))
        own = self._ensemble_loss(now.detach(), after.detach(), batch)
        return own + action_loss(told, batch, self.discrete)

    def _ensemble_loss(self, now: Tensor, after: Tensor, batch: Batch) -> Tensor:
        given = self._given(now, batch)
        each = len(batch) // self.models
        if each:
            given, after = (
                x[: each * self.models].reshape(self.models, each, -1) for x in (given, after)
            )
        error: Tensor = self.nets["dynamics"](given) - after
        return 0.5 * error.square().sum(dim=2).mean(dim=1).sum()

    def features(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Of s_t and s_{t+1}; of a frozen encoder `loss` finds again what `novelty` asked."""
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
        if not self.inverse:
            for name, values in zip(self.frozen, (now, after), strict=True):
                batch.columns[name] = values.cpu().numpy()
        return now, after

    def _given(self, now: Tensor, batch: Batch) -> Tensor:
        assert batch.action is not None
        return torch.cat([now, batch.action], dim=1)
