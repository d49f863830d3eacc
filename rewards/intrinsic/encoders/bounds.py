"""Whether observations keep to the bounds that their space declares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from gymnasium import spaces

#: share of its range, or of the bound where there is no range, that counts as rounding
_SLACK = 0.01


class Bounds:
    """Looks for numbers of Box spaces, in a Dict too, that lie beyond their bounds.

    Args:
        space: of one observation.

    >>> Bounds(spaces.Box(0, 1, (2,))).beyond(np.array([[0.5, 254.0]]))
    '254, where its space ends at 1'
    """

    def __init__(self, space: Any) -> None:
        self._boxes = tuple(_boxes(space))

    def beyond(self, values: Any) -> str:
        """A sentence's end about the first number that lies beyond by over 1% of its range.

        Args:
            values: observations of shape (N, ...), or dictionaries of them; of the wrong shape,
                they are not looked at.
        """
        for keys, box in self._boxes:
            found = values
            for key in keys:
                found = found[key]
            if told := _beyond(np.asarray(found), box):
                return f"{told} ({'.'.join(map(str, keys))})" if keys else told
        return ""


def _boxes(space: Any, keys: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(space, spaces.Dict):
        for key, part in space.spaces.items():
            yield from _boxes(part, (*keys, key))
    elif isinstance(space, spaces.Box):
        bytes_alone = space.dtype == np.uint8 and not space.low.any() and (space.high == 255).all()
        if not bytes_alone and (np.isfinite(space.low) | np.isfinite(space.high)).any():
            yield keys, space


def _beyond(values: Any, box: spaces.Box) -> str:
    if values.shape[1:] != box.shape or values.dtype == object:
        return ""
    low, high = box.low.astype(np.float64), box.high.astype(np.float64)
    for edge, sign, word in ((high, 1, "ends"), (low, -1, "begins")):
        over = sign * (values - edge) > _slack(low, high, edge)
        if over.any():
            row = tuple(np.argwhere(over)[0])
            return f"{values[row]:g}, where its space {word} at {edge[row[1:]]:g}"
    return ""


def _slack(low: Any, high: Any, edge: Any) -> Any:
    """What may lie beyond an edge; without an edge, nothing does (NaN is more than nothing)."""
    known = np.isfinite(low) & np.isfinite(high)
    with np.errstate(invalid="ignore"):
        width = np.where(known, high - low, np.abs(edge))
    return _SLACK * width
