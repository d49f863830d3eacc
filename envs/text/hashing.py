"""Text as a fixed-size vector: hashed words and word pairs."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"[a-z0-9'-]+")


def ngrams(text: str) -> list[str]:
    """Lower-case words and neighbouring pairs.

    >>> ngrams("Take the coin")
    ['take', 'the', 'coin', 'take the', 'the coin']
    """
    words = _WORD.findall(text.lower())
    return words + [f"{a} {b}" for a, b in pairwise(words)]


def hashed(tokens: Iterable[str], size: int) -> NDArray[np.float32]:
    """Which of `size` buckets the `tokens` fall into, as 0 and 1 (Weinberger et al. 2009).

    crc32 is used because Python's own hash of a str differs between processes.
    """
    vector = np.zeros(size, np.float32)
    for token in tokens:
        vector[zlib.crc32(token.encode()) % size] = 1.0
    return vector


def state_vector(texts: Sequence[str], commands: Sequence[str], size: int) -> NDArray[np.float32]:
    """Bag of the `texts`' n-grams and of each command at its index, so that an agent that acts
    by index can tell what each index stands for."""
    tokens = [gram for text in texts for gram in ngrams(text)]
    return hashed(tokens + [f"{i}={command}" for i, command in enumerate(commands)], size)
