"""How often something was seen: keys of states, a bounded table of counts, what a count pays."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardsmith import checks
from rewardsmith.errors import ConfigError, ContractError, near_misses
from rewardsmith.rewards.intrinsic.encoders.base import Encoder, Rows
from rewardsmith.rewards.intrinsic.encoders.mixed import Keyed
from rewardsmith.rewards.intrinsic.encoders.plain import Text
from rewardsmith.rewards.intrinsic.view import View
from rewardsmith.term import State
from rewardsmith.transition import Floats, Transition

Keys = NDArray[np.uint64]
DECAYS = ("sqrt", "inverse")
#: float64 holds every whole number up to here; a product beyond may be that of two numbers
_WHOLE = 2.0**52
#: of an entry of a `CountTable`: its key, its count and its place in a dictionary
BYTES_PER_ENTRY = 120


def check_decay(name: str, value: Any) -> str:
    """One of `DECAYS`; raises `ConfigError` for anything else."""
    if value not in DECAYS:
        raise ConfigError(
            f"decay of {name} is one of {', '.join(DECAYS)}. Received {value!r}."
            f"{near_misses(str(value), DECAYS)}"
        )
    return str(value)


def decayed(visits: Any, decay: str) -> Floats:
    """n^-1/2 (`sqrt`) or 1/n (`inverse`), for n >= 1.

    >>> decayed(np.array([1, 4]), "sqrt").tolist(), decayed(np.array([1, 4]), "inverse").tolist()
    ([1.0, 0.5], [1.0, 0.25])
    """
    counts = np.asarray(visits, dtype=np.float64)
    paid: Floats = 1 / (np.sqrt(counts) if decay == "sqrt" else counts)
    return paid


class CountTable:
    """Counts by 64-bit key, of at most `capacity` keys; an entry takes about 120 bytes.

    One key more than `capacity` makes it forget an eighth of its entries: those with the fewest
    counts, of equal ones the oldest. Should they come again, they count from 0.

    >>> table = CountTable(capacity=2)
    >>> table.add(np.array([7, 7, 8], dtype=np.uint64))
    >>> table.add(np.array([9], dtype=np.uint64))
    >>> table(np.array([7, 8, 9], dtype=np.uint64)).tolist()
    [2, 0, 1]
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._counts: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._counts)

    def __call__(self, keys: Keys) -> NDArray[np.int64]:
        """Counts of keys, shape (N,); 0 for what it does not hold."""
        get = self._counts.get
        return np.array([get(key, 0) for key in keys.tolist()], dtype=np.int64)

    def add(self, keys: Keys) -> None:
        """Count each of the keys once more."""
        counts = self._counts
        for key in keys.tolist():
            seen = counts.get(key, 0)
            if not seen and len(counts) >= self.capacity:
                self._forget()
                counts = self._counts
            counts[key] = seen + 1

    def clear(self) -> None:
        """Forget everything."""
        self._counts.clear()

    def _forget(self) -> None:
        # Sorting is stable and a dictionary in the order of first counts: the oldest go first.
        fewest = sorted(self._counts, key=self._counts.__getitem__)
        for key in fewest[: max(1, self.capacity // 8)]:
            del self._counts[key]

    def state_dict(self) -> State:
        """Keys and counts, in the order in which they were first counted."""
        return {
            "keys": np.fromiter(self._counts.keys(), dtype=np.uint64, count=len(self)),
            "counts": np.fromiter(self._counts.values(), dtype=np.int64, count=len(self)),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave; of a larger table, what fits."""
        keys, counts = np.asarray(state["keys"]).tolist(), np.asarray(state["counts"]).tolist()
        self._counts = dict(zip(keys, counts, strict=True))
        while len(self._counts) > self.capacity:
            self._forget()


def check_decimals(name: str, value: Any) -> int:
    """Digits after the point, at most the 300 that a power of ten in float64 holds."""
    decimals = checks.whole(f"decimals of {name}", value, least=0)
    if decimals > 300:
        raise ConfigError(f"decimals of {name} is at most 300. Received {value!r}.")
    return decimals


class Hashed:
    """Keys of states: BLAKE2b of the rounded numbers and the texts that a view looks at.

    Two states that differ after rounding share a key with a chance of 2^-64. Numbers are compared
    by value, whatever their type: whole ones to the last digit, others as float64.

    Args:
        view: what is looked at.
        decimals: digits after the point that numbers are rounded to.
    """

    def __init__(self, view: View, decimals: int) -> None:
        self.view, self._factor = view, 10.0**decimals

    def __call__(self, transition: Transition, *, at: str = "next") -> Keys:
        """Keys of shape (N,), at s_t (`now`) or s_{t+1} (`next`)."""
        try:
            found = [self._bytes(e, v) for e, v in self.view.parts(transition, at=at)]
        except ContractError as error:
            raise self.view.named(error) from None
        rows = found[0] if len(found) == 1 else map(b"".join, zip(*found, strict=True))
        digests = b"".join(blake2b(row, digest_size=8).digest() for row in rows)
        return np.frombuffer(digests, dtype="<u8").astype(np.uint64)

    def _bytes(self, encoder: Encoder, values: Any) -> list[bytes]:
        if isinstance(encoder, Keyed):
            parts = list(map(self._bytes, encoder.parts.values(), encoder.values(values)))
            return [b"".join(row) for row in zip(*parts, strict=True)]
        if isinstance(encoder, Text):
            texts = [text.encode() for text in encoder.texts(values)]
            # The length first, so that no two lists of texts look alike.
            return [len(text).to_bytes(8, "little") + text for text in texts]
        rows = encoder.exact(values)
        if encoder.dtype == rows.dtype == np.uint8:
            return [row.tobytes() for row in np.ascontiguousarray(rows)]
        with np.errstate(over="ignore"):  # what is too large to round is told apart below
            scaled = np.multiply(rows, self._factor, dtype=np.float64)
        np.rint(scaled, out=scaled)
        scaled += 0.0  # no -0
        found = [row.tobytes() for row in scaled]
        large = np.abs(scaled) >= _WHOLE
        if large.any():
            for i in np.flatnonzero(large.any(axis=1)):
                found[i] = _apart(rows[i][large[i]], scaled[i][large[i]]) + found[i]
        return found


def _apart(numbers: Rows, scaled: Floats) -> bytes:
    """What tells numbers from others with the same product; nothing where float32 holds them.

    They are numbers that rounding leaves as they are: float64 has no digits so far behind.
    """
    near = numbers.astype(np.float64)
    with np.errstate(over="ignore"):
        single = near.astype(np.float32) == near
    rest = [int(a) - int(b) for a, b in zip(numbers.tolist(), near.tolist(), strict=True)]
    if single.all() and np.isfinite(scaled).all() and not any(rest):
        return b""
    # NaN begins no other row, so that no two lists of rows look alike.
    return np.float64(np.nan).tobytes() + near.tobytes() + np.array(rest, np.int64).tobytes()
