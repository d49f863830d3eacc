"""Carried: what a network gave for s_{t+1} is what it gives for s_t one step later."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor, nn

from rewardsmith.rewards.intrinsic.pending import Columns


class Carried:
    """The features of the last s_{t+1}, of all rows of a step together.

    They are given again where every row goes on from where the last step arrived, number for
    number: rows of as many slots in the same order take the same arithmetic. After a reset, all of
    s_t is worked out. It belongs to no state: with it or without, the features are the same bits.

    Args:
        net: gives one vector per row.
    """

    def __init__(self, net: nn.Module) -> None:
        self.net = net
        self.clear()

    def clear(self) -> None:
        """Forget: the network, or what it is fed, has changed."""
        self._rows: Any = None
        self._features: Tensor | None = None

    def now(self, tensor: Tensor, columns: Columns) -> Tensor:
        """Features of s_t: `tensor` holds the rows `columns["now"]` as the network reads them."""
        if self._features is not None and np.array_equal(self._rows, columns["now"]):
            return self._features
        found: Tensor = self.net(tensor)
        return found

    def next(self, tensor: Tensor, columns: Columns) -> Tensor:
        """Features of s_{t+1}, for the next step too."""
        found: Tensor = self.net(tensor)
        # An env may write its next observation into the same array.
        self._rows, self._features = columns["next"].copy(), found
        return found
