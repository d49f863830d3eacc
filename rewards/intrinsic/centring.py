"""Centring: rows of what a learned term looks at, as tensors in units of their deviation."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.intrinsic.encoders.base import Rows
from rewardsmith.rewards.intrinsic.moments import Moments
from rewardsmith.term import State

#: rows are cut to this many deviations (Burda et al. 2018, section 2.4)
_CUT = 5.0
#: rows that may all be equal before nothing else is expected of them
PATIENCE = 1000


class Centring:
    """Rows less their running mean, over their running deviation, cut at 5 of them.

    Args:
        size: numbers in a row.
        on: whether it does so; else bytes are divided by 255 and numbers stay as they are.
        device: where tensors lie.
        patience: rows that may all be equal.
        parts: name -> the numbers of a row that it names, if it is worth a warning that they do
            not vary.

    >>> centring = Centring(1, on=True)
    >>> centring.look(np.array([[1.0], [3.0]], dtype=np.float32), "rnd(x)")
    >>> centring(np.array([[4.0]], dtype=np.float32)).round(decimals=4).tolist()
    [[2.0]]
    """

    def __init__(
        self,
        size: int,
        *,
        on: bool,
        device: torch.device | str = "cpu",
        patience: int = PATIENCE,
        parts: Mapping[str, slice] | None = None,
    ) -> None:
        self.on, self.device, self.patience = on, device, patience
        self._parts = dict(parts or {})
        self.moments = Moments(size)
        self._shift: tuple[Tensor, Tensor] | None = None

    @property
    def started(self) -> bool:
        """Whether it has statistics, or needs none."""
        return not self.on or self.moments.count > 0

    def look(self, rows: Rows, who: str) -> None:
        """Let the statistics see rows of shape (N, size); warn once of parts that do not vary.

        Raises:
            ConfigError: all of the first `patience` rows are the same; names the term `who`.
        """
        self.moments.add(rows, unit=_unit(rows.dtype))
        if self.moments.count >= self.patience:
            self._vary(who)
        self._shift = None

    def _vary(self, who: str) -> None:
        variance, count = self.moments.variance, int(self.moments.count)
        if not variance.any():
            name = who.partition("(")[0]
            raise ConfigError(
                f"{who} divides what it looks at by its deviation. Received the same values "
                f"in all of {count} rows, of which {self.patience} may be equal. Look at what "
                f"varies, as in {name}(on=x); for what is rare, write patience={100 * count} or "
                "more rows, or normalize_obs=False."
            )
        parts, self._parts = self._parts, {}
        if still := [part for part, at in parts.items() if not variance[at].any()]:
            warnings.warn(
                f"{who} looks at {', '.join(still)}: the same in all of {count} rows. What is rare "
                "is paid when it varies at last; leave out what never does. Told once.",
                stacklevel=2,
            )

    def __call__(self, rows: Rows) -> Tensor:
        """The rows as float32, shape (N, size)."""
        tensor = torch.from_numpy(rows).to(self.device)
        if not self.on or self.moments.count < 2:
            return tensor.float().div_(255) if tensor.dtype == torch.uint8 else tensor
        if self._shift is None:
            self._shift = self._shifted(_unit(rows.dtype))
        tensor = tensor.float() - self._shift[0]
        return tensor.mul_(self._shift[1]).clamp_(-_CUT, _CUT)

    def _shifted(self, unit: float) -> tuple[Tensor, Tensor]:
        """What is taken from rows in which `unit` stands for 1, and what they are multiplied by."""
        mean, deviation = self.moments.mean * unit, self.moments.deviation(1e-6) * unit
        return (
            torch.as_tensor(mean, dtype=torch.float32, device=self.device),
            torch.as_tensor(1 / deviation, dtype=torch.float32, device=self.device),
        )

    def state_dict(self) -> State:
        """The statistics."""
        return self.moments.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        self.moments.load_state_dict(state)
        self._shift = None


def _unit(dtype: Any) -> float:
    return 255.0 if dtype == np.uint8 else 1.0
