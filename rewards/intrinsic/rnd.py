"""Random network distillation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from rewardsmith.registry import register_term
from rewardsmith.rewards.intrinsic.learned import Batch, LearnedTerm


@register_term("rnd")
class RND(LearnedTerm):
    """Pays the error with which a network foretells what a fixed random one gives for s_{t+1}.

    Burda et al. 2018 (arXiv 1810.12894), section 2.2: r = ||f'(s) - f(s)||^2, here the mean
    over the vector's numbers, which differs by the constant factor `latent` only. Rewards lie in
    [0, inf). Options as for `LearnedTerm`; the reward is divided by the deviation of its
    discounted sums.
    """

    source = "Burda et al. 2018 (arXiv 1810.12894), section 2.2"

    def __init__(self, *on: Any, normalize: str = "return", **training: Any) -> None:
        super().__init__(*on, normalize=normalize, **training)

    def build(self) -> Mapping[str, nn.Module]:
        """The fixed target, and the predictor with one layer more."""
        target = self.trunk()
        target.requires_grad_(False)
        wider = (*self.hidden, self.hidden[-1] if self.hidden else self.latent)
        return {"target": target, "predictor": self.trunk(hidden=wider)}

    def error(self, rows: Tensor) -> Tensor:
        """Mean squared error of the predictor, shape (N,), for rows of shape (N, size)."""
        error: Tensor = self.nets["predictor"](rows) - self.nets["target"](rows)
        return error.square().mean(dim=1)

    def novelty(self, batch: Batch) -> Tensor:
        """The error of each s_{t+1}."""
        assert batch.next is not None
        return self.error(batch.next)

    def loss(self, batch: Batch) -> Tensor:
        """The same error, over the batch."""
        assert batch.next is not None
        return self.error(batch.next).mean()
