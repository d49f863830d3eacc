"""Random network distillation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from rewardsmith import checks
from rewardsmith.registry import register_term
from rewardsmith.rewards.intrinsic.learned import Batch, LearnedTerm


@register_term("rnd")
class RND(LearnedTerm):
    """Pays the error with which a network foretells what a fixed random one gives for s_{t+1}.

    Burda et al. 2018 (arXiv 1810.12894), section 2.2: r = ||f'(s) - f(s)||^2, here the mean
    over the vector's numbers, which differs by the constant factor `latent` only. Rewards lie in
    [0, inf). The reward is divided by the deviation of its discounted sums.

    Args:
        on, training: what it looks at, and options, as for `Trained`.
        deeper: whether the predictor has a layer more than the target, as the authors' has; without
            it, a step on flat rows takes a quarter less.
    """

    source = "Burda et al. 2018 (arXiv 1810.12894), section 2.2"
    frozen = ("target",)

    def __init__(
        self, *on: Any, normalize: str = "return", deeper: bool = True, **training: Any
    ) -> None:
        super().__init__(*on, normalize=normalize, **training)
        self.deeper = checks.truth(f"deeper of {self.term_name}", deeper)

    def build(self) -> Mapping[str, nn.Module]:
        """The fixed target, and the predictor, with one layer more if `deeper`."""
        target = self.trunk()
        target.requires_grad_(False)
        more = (self.hidden[-1] if self.hidden else self.latent,) if self.deeper else ()
        return {"target": target, "predictor": self.trunk(hidden=(*self.hidden, *more))}

    def error(self, rows: Tensor, target: Tensor) -> Tensor:
        """Mean squared error of the predictor, shape (N,), for rows of shape (N, size)."""
        error: Tensor = self.nets["predictor"](rows) - target
        return error.square().mean(dim=1)

    def target(self, batch: Batch) -> Tensor:
        """What the fixed network gives for s_{t+1}; `loss` finds again what `novelty` asked."""
        kept = batch.columns.get("target")
        if kept is not None:
            return torch.from_numpy(kept).to(self.device)
        found: Tensor = self.nets["target"](batch.next)
        batch.columns["target"] = found.cpu().numpy()
        return found

    def novelty(self, batch: Batch) -> Tensor:
        """The error of each s_{t+1}."""
        assert batch.next is not None
        return self.error(batch.next, self.target(batch))

    def loss(self, batch: Batch) -> Tensor:
        """The same error, over the batch."""
        assert batch.next is not None
        return self.error(batch.next, self.target(batch)).mean()
