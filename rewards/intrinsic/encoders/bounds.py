"""Whether observations keep to the bounds that their space declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

#: share of its range, or of the bound where there is no range, that counts as rounding
_SLACK = 0.01
#: what counts as rounding beside 0 and beside a range of nothing; times the bound if it is above 1
_FLOOR = 1e-6


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
            values: observations of shape (N, ...), or dictionaries of them; of another
                shape or kind, they are not looked at: the encoder refuses them.
        """
        for keys, box in self._boxes:
            found = _array(values, keys)
            if found is not None and (told := _beyond(found, box)):
                return f"{told} ({'.'.join(map(str, keys))})" if keys else told
        return ""


def _array(values: Any, keys: tuple[Any, ...]) -> NDArray[Any] | None:
    """The numbers under these keys; None where there are none."""
    for key in keys:
        if not isinstance(values, Mapping) or key not in values:
            return None
        values = values[key]
    if isinstance(values, Mapping | list | tuple):
        return None
    array = np.asarray(values)
    return array if array.dtype.kind in "biuf" else None


def _boxes(space: Any, keys: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(space, spaces.Dict):
        for key, part in space.spaces.items():
            yield from _boxes(part, (*keys, key))
    elif isinstance(space, spaces.Box):
        bytes_alone = space.dtype == np.uint8 and not space.low.any() and (space.high == 255).all()
        if not bytes_alone and (np.isfinite(space.low) | np.isfinite(space.high)).any():
            yield keys, space


@np.errstate(invalid="ignore", over="ignore")  # NaN and infinity are beyond no slack
def _beyond(values: NDArray[Any], box: spaces.Box) -> str:
    if values.shape[1:] != box.shape:
        return ""
    low, high = box.low.astype(np.float64), box.high.astype(np.float64)
    for edge, sign, word in ((high, 1, "ends"), (low, -1, "begins")):
        over = sign * (values - edge) > _slack(low, high, edge)
        if over.any():
            row = tuple(np.argwhere(over)[0])
            return f"{float(values[row]):g}, where its space {word} at {edge[row[1:]]:g}"
    return ""


def _slack(low: Any, high: Any, edge: Any) -> Any:
    """What may lie beyond an edge; without an edge, nothing does (NaN is more than nothing)."""
    known = np.isfinite(low) & np.isfinite(high)
    share = np.where(known, _SLACK * high - _SLACK * low, _SLACK * np.abs(edge))
    return np.maximum(share, _FLOOR * np.maximum(np.abs(edge), 1))
