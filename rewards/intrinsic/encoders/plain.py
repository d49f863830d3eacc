"""Numbers, classes, pictures and text as rows."""

from __future__ import annotations

import zlib
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from rewardsmith.errors import BindingError, ContractError
from rewardsmith.rewards.intrinsic.encoders.base import (
    Encoder,
    Rows,
    array_of,
    check_shape,
    exact,
    floats,
    numbers,
    told,
)

#: the smallest picture, in pixels of a side, that a convolution is for
SMALLEST_IMAGE = 21


class Flat(Encoder):
    """Numbers as they are, laid flat: Box, MultiBinary, scalars.

    Args:
        shape: of one value.

    >>> Flat((3,))(np.array([[1, 2, 3]])).tolist()
    [[1.0, 2.0, 3.0]]
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = tuple(shape)
        self.size = int(np.prod(shape, dtype=int))

    def __call__(self, values: Any) -> Rows:
        """Float32 rows."""
        return floats(values, self.shape)

    def exact(self, values: Any) -> Rows:
        """Rows of whole numbers in their own type, or of float64."""
        return exact(values, self.shape)


class OneHot(Encoder):
    """Classes as ones and zeros: Discrete and MultiDiscrete.

    Args:
        counts: classes of each number, in the shape of one value.
        start: the first class of each.

    >>> OneHot(3)(np.array([2])).tolist()
    [[0.0, 0.0, 1.0]]
    """

    def __init__(self, counts: Any, start: Any = 0) -> None:
        self.shape = np.shape(counts)
        self.counts: NDArray[np.int64] = np.ravel(counts).astype(np.int64)
        self.start = np.ravel(start)
        counts = self.counts
        self.size = int(counts.sum())
        self._offsets = np.concatenate([[0], np.cumsum(counts)[:-1]])

    def __call__(self, values: Any) -> Rows:
        """One 1 per class."""
        given = numbers(values, self.shape)
        n = len(given)
        with np.errstate(invalid="ignore"):  # NaN is told below
            whole = given.astype(np.int64)
        classes = whole - self.start
        wrong = (classes < 0) | (classes >= self.counts) | (whole != given)
        if wrong.any():
            raise ContractError(
                f"A class is a whole number within its space ({self.counts.tolist()} classes from "
                f"{self.start.tolist()}). Received {given[wrong.any(axis=1)][0].tolist()}."
            )
        rows = np.zeros((n, self.size), dtype=np.float32)
        rows[np.arange(n)[:, None], classes + self._offsets] = 1.0
        return rows


class Image(Encoder):
    """Pictures as rows, channels first; whole numbers up to 255 stay bytes until a net reads them.

    Args:
        space: of one picture, (H, W, C) or (C, H, W) or (H, W).

    Raises:
        BindingError: it is no picture, or its channels are neither first nor last.
    """

    def __init__(self, space: spaces.Box) -> None:
        self.shape = shape = space.shape
        self.last = _channels_last(shape)
        if len(shape) == 2:
            self.image = (1, shape[0], shape[1])
        else:
            channels, height, width = np.roll(shape, 1) if self.last else shape
            self.image = (int(channels), int(height), int(width))
        self.size = int(np.prod(shape))
        self.dtype = np.uint8 if space.dtype == np.uint8 else np.float32

    def __call__(self, values: Any) -> Rows:
        """Rows of C*H*W.

        Raises:
            ContractError: they are no numbers, or have another layout than their space.
        """
        pictures = self._pictures(values)
        if self.dtype == np.uint8 and pictures.dtype == np.uint8:
            return pictures.reshape(len(pictures), -1)
        return floats(pictures, pictures.shape[1:])

    def exact(self, values: Any) -> Rows:
        """Rows of whole numbers in their own type, or of float64."""
        pictures = self._pictures(values)
        return exact(pictures, pictures.shape[1:])

    def _pictures(self, values: Any) -> NDArray[Any]:
        """Pictures with their channels first."""
        pictures = array_of(values, self.shape)
        if pictures.shape[1:] != self.shape:
            raise ContractError(
                f"A picture has the shape {self.shape}, as its observation space says. Received "
                f"{pictures.shape[1:]}; transpose the picture, or declare its own shape."
            )
        return np.moveaxis(pictures, -1, 1) if self.last else pictures


def _channels_last(shape: tuple[int, ...]) -> bool:
    """Whether the channels come last; there are fewer of them than pixels on a side."""
    if len(shape) == 2:
        return False
    first_fits = len(shape) == 3 and shape[0] < min(shape[1:])
    last_fits = len(shape) == 3 and shape[2] < min(shape[:2])
    if first_fits == last_fits:
        raise BindingError(
            "A picture has the shape (C, H, W) or (H, W, C) with fewer channels than pixels on a "
            f"side, or (H, W). Received {shape}; transpose it in a wrapper, or write "
            "encoder='flat'."
        )
    return last_fits


class Minigrid(Encoder):
    """MiniGrid's view: the object, colour and state of each cell as one-hot channels.

    The 11 kinds, 6 colours and 3 states of `minigrid.core.constants`; the direction, if there is
    one, as four more numbers. Mission text is read by `text` where it is named.
    """

    _COUNTS = (11, 6, 3)

    def __init__(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 3 or shape[-1] != 3:
            raise BindingError(
                "MiniGrid's view has the shape (width, height, 3). Received "
                f"{shape}; leave encoder='minigrid' out."
            )
        self.shape = shape
        self.cells = int(np.prod(shape[:-1]))
        self.size = self.cells * sum(self._COUNTS)
        self._one_hot = OneHot(np.array(self._COUNTS))

    def __call__(self, values: Any) -> Rows:
        """One 1 for kind, colour and state of each cell."""
        views = numbers(values, self.shape)
        return self._one_hot(views.reshape(-1, 3)).reshape(len(views), self.size)


class Text(Encoder):
    """Text as hashed n-grams of words (1 and 2) and characters (3), of length 1.

    Weinberger et al. 2009 (arXiv 0902.2206): signed feature hashing; CRC-32 gives bucket and
    sign, the same on every machine.

    Args:
        size: buckets.
    """

    def __init__(self, size: int = 512) -> None:
        self.size = size
        self._row = lru_cache(maxsize=4096)(self._hashed)

    def __call__(self, values: Any) -> Rows:
        """One row per text."""
        return np.stack([self._row(text) for text in self.texts(values)])

    def texts(self, values: Any) -> list[str]:
        """The text of each row.

        Raises:
            ContractError: one of them is no text.
        """
        try:
            given = np.asarray(values)
        except ValueError:  # lists of several lengths
            given = np.array(None)
        found: list[Any] = given.ravel().tolist()
        if odd := [text for text in found if not isinstance(text, str)]:
            raise ContractError(
                "What novelty is told from is one text in each row, as its space or feature "
                f"declares. Received {told(odd[0])}."
            )
        check_shape(given, ())
        return found

    def _hashed(self, text: str) -> NDArray[np.float32]:
        row = np.zeros(self.size, dtype=np.float32)
        for gram in _grams(text.lower()):
            code = zlib.crc32(gram.encode())
            row[code % self.size] += 1.0 if code & 0x80000000 else -1.0
        length = float(np.linalg.norm(row))
        return row / length if length else row


def _grams(text: str) -> list[str]:
    words = text.split()
    pairs = [" ".join(pair) for pair in pairwise(words)]
    marked = f"#{' '.join(words)}#"
    return words + pairs + ["~" + marked[i : i + 3] for i in range(len(marked) - 2)]
