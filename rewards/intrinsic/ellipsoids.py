"""Inverse covariances of an episode's features, one per slot, moved by rank one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rewardsmith.errors import ConfigError
from rewardsmith.term import State
from rewardsmith.transition import Bools


class Ellipsoids:
    """C^-1 of each slot, with C = ridge * I + the sum of phi phi^T over the episode so far.

    One more phi moves it exactly by Sherman and Morrison 1950: with u = C^-1 phi,
    (C + phi phi^T)^-1 = C^-1 - u u^T / (1 + phi^T u). Float64, because rounding adds up over an
    episode; `8 * size**2` bytes per slot.

    Args:
        slots: number of envs.
        size: numbers in a phi.
        ridge: lambda of the paper, above 0.
        device: where they lie.

    >>> ellipsoids = Ellipsoids(1, size=2, ridge=0.5)
    >>> phi = torch.tensor([[1.0, 0.0]])
    >>> [ellipsoids.add(phi, np.arange(1)).item() for _ in range(2)]  # 1 / 0.5, 1 / 1.5
    [2.0, 0.6666666666666667]
    """

    def __init__(
        self, slots: int, size: int, ridge: float, device: torch.device | str = "cpu"
    ) -> None:
        self.slots, self.size, self.ridge = slots, size, ridge
        self._start = torch.eye(size, dtype=torch.float64, device=device) / ridge
        self.inverse = self._start.repeat(slots, 1, 1)
        #: whether the slot has seen a phi since its last reset
        self.begun: Bools = np.zeros(slots, dtype=bool)

    @property
    def bytes_per_slot(self) -> int:
        """Bytes that one slot takes."""
        return 8 * self.size**2

    def add(self, phi: Tensor, slot: Any) -> Tensor:
        """phi^T C^-1 phi by the C before phi joins it, which it then does.

        Args:
            phi: shape (N, size).
            slot: shape (N,); no slot occurs twice.

        Returns:
            Float64 of shape (N,), at least 0.
        """
        slot = np.asarray(slot)
        whole = len(slot) == self.slots and bool((slot == np.arange(self.slots)).all())
        rows = None if whole else torch.from_numpy(slot).to(self.inverse.device)
        inverse = self.inverse if rows is None else self.inverse[rows]
        column = phi.to(inverse)[:, :, None]
        moved = inverse @ column
        bonus = (column * moved).sum(dim=(1, 2))
        scaled = moved / (1 + bonus)[:, None, None]
        # Number by number: a batched product of column and row takes twice as long.
        inverse.addcmul_(scaled, moved.transpose(1, 2), value=-1)
        if rows is not None:
            self.inverse[rows] = inverse
        self.begun[slot] = True
        return bonus

    def reset(self, mask: Bools) -> None:
        """Forget the episodes of the slots where `mask` (shape (slots,)) is True."""
        chosen = torch.from_numpy(np.asarray(mask)).to(self.inverse.device)
        self.inverse[chosen] = self._start
        self.begun[mask] = False

    def state_dict(self) -> State:
        """The matrices, and which slots have begun."""
        return {"inverse": self.inverse.cpu().numpy().copy(), "begun": self.begun.copy()}

    def load_state_dict(self, state: Mapping[str, Any], who: str) -> None:
        """Take over what `state_dict` gave.

        Raises:
            ConfigError: it is that of other slots or features; names the term `who`.
        """
        saved, here = np.shape(state["inverse"]), tuple(self.inverse.shape)
        if saved != here:
            raise ConfigError(
                f"{who} takes the ellipsoids of as many envs and features as its own. Received "
                f"{saved}, here are {here}; build it with the envs and options that it was saved "
                "with."
            )
        found = torch.from_numpy(np.array(state["inverse"], dtype=np.float64))
        self.inverse = found.to(self.inverse.device)
        self.begun = np.array(state["begun"], dtype=bool)
