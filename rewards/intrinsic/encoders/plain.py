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
from rewardsmith.rewards.intrinsic.encoders.base import Encoder, Rows, check_shape, floats

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
        given = np.asarray(values)
        check_shape(given, self.shape)
        n = len(given)
        classes = given.reshape(n, -1).astype(np.int64) - self.start
        beyond = (classes < 0) | (classes >= self.counts)
        if beyond.any():
            wrong = beyond.any(axis=1)
            raise ContractError(
                f"A class lies within its space ({self.counts.tolist()} classes from "
                f"{self.start.tolist()}). Received {given.reshape(n, -1)[wrong][0].tolist()}."
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
            ContractError: they have another layout than their space.
        """
        pictures = np.asarray(values)
        if pictures.shape[1:] != self.shape:
            raise ContractError(
                f"A picture has the shape {self.shape}, as its observation space says. Received "
                f"{pictures.shape[1:]}; transpose the picture, or declare its own shape."
            )
        if self.last:
            pictures = np.moveaxis(pictures, -1, 1)
        if self.dtype == np.uint8 and pictures.dtype == np.uint8:
            return pictures.reshape(len(pictures), -1)
        return floats(pictures, pictures.shape[1:])


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
        views = np.asarray(values)
        check_shape(views, self.shape)
        return self._one_hot(views.reshape(-1, 3)).reshape(len(views), -1)


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
        """The text of each row."""
        given = np.asarray(values)
        check_shape(given, ())
        return [str(text) for text in given.ravel()]

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
