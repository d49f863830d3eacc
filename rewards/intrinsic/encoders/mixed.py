"""Several encoders side by side: a Dict of observations, or several features."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from rewardsmith.errors import BindingError, ContractError
from rewardsmith.rewards.intrinsic.encoders.base import Encoder, Rows, told


class Joined(Encoder):
    """Rows of several encoders, one after another; a picture comes first.

    Args:
        parts: the encoders, in the order of the values.

    Raises:
        BindingError: two of them are pictures, which one convolution cannot read.
    """

    def __init__(self, parts: Sequence[Encoder]) -> None:
        pictures = [part for part in parts if part.image is not None]
        if len(pictures) > 1:
            raise BindingError(
                f"One picture is looked at at a time. Received {len(pictures)}; name what novelty "
                "is told from, as in rnd(on=camera), or write encoder='flat'."
            )
        self.parts = tuple(parts)
        self._order = sorted(range(len(parts)), key=lambda i: parts[i].image is None)
        self.size = sum(part.size for part in parts)
        self.image = pictures[0].image if pictures else None
        self.dtype = parts[0].dtype if len(parts) == 1 else np.float32

    def __call__(self, values: Any) -> Rows:
        """Rows of a sequence of values, one per encoder."""
        if len(self.parts) == 1:
            return self.parts[0](values[0])
        rows = [self._scaled(i, values[i]) for i in self._order]
        return np.concatenate(rows, axis=1)

    def places(self) -> list[slice]:
        """The numbers of a row that each part gives, in the order of the parts."""
        found, start = [slice(0)] * len(self.parts), 0
        for i in self._order:
            found[i] = slice(start, start + self.parts[i].size)
            start += self.parts[i].size
        return found

    def _scaled(self, index: int, values: Any) -> Rows:
        """Rows of one part, bytes as numbers from 0 to 1."""
        rows = self.parts[index](values)
        return rows / np.float32(255) if rows.dtype == np.uint8 else rows


class Keyed(Encoder):
    """The values of a dictionary, each with its own encoder."""

    def __init__(self, parts: Mapping[str, Encoder]) -> None:
        self.keys = tuple(parts)
        self.parts = dict(parts)
        self._joined = Joined(list(parts.values()))
        self.size, self.image = self._joined.size, self._joined.image
        self.dtype = self._joined.dtype

    def __call__(self, values: Any) -> Rows:
        """Rows of a dictionary of batches."""
        return self._joined(list(self.values(values)))

    def values(self, values: Any) -> Iterator[Any]:
        """The batch of each key.

        Raises:
            ContractError: it is no dictionary, or a key is missing.
        """
        rule = (
            f"What novelty is told from is a dictionary with the keys {sorted(map(str, self.keys))}"
            ", as its space declares."
        )
        if not isinstance(values, Mapping):
            raise ContractError(f"{rule} Received {told(values)}.")
        if missing := [key for key in self.keys if key not in values]:
            raise ContractError(f"{rule} Received one without {', '.join(map(repr, missing))}.")
        return (values[key] for key in self.keys)
