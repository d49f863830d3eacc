"""Networks of one shape side by side, run as one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn


class Ensemble(nn.Module):
    """Linear layers with ReLU between them, of `models` networks with stacked weights.

    Each is drawn by itself, orthogonal with gain sqrt 2 as those of `nets.mlp`.

    Args:
        models: networks.
        size: numbers in a row.
        hidden: widths of the layers between.
        out: size of what each gives.
    """

    def __init__(self, models: int, size: int, hidden: Sequence[int], out: int) -> None:
        super().__init__()
        self.models = models
        widths = list(pairwise((size, *hidden, out)))
        self.weights = nn.ParameterList(_drawn(models, *width) for width in widths)
        self.biases = nn.ParameterList(torch.zeros(models, 1, w[1]) for w in widths)

    def forward(self, rows: Tensor) -> Tensor:
        """What each network gives.

        Args:
            rows: shape (N, size), for all of them, or (models, N, size), for each its own.

        Returns:
            Shape (models, N, out).
        """
        values = rows if rows.dim() == 3 else rows.expand(self.models, *rows.shape)
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            values = torch.baddbmm(bias, values.relu() if i else values, weight)
        return values


def _drawn(models: int, size: int, out: int) -> Tensor:
    weight = torch.empty(models, out, size)
    for part in weight:
        nn.init.orthogonal_(part, 2**0.5)
    return weight.transpose(1, 2).contiguous()
