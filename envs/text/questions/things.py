"""Things with attributes, drawn at random, no two alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rewardsmith.envs.text_space import at_least_one
from rewardsmith.errors import ConfigError

VALUES = {
    "color": ("red", "blue", "green", "white", "black", "yellow"),
    "size": ("tiny", "small", "medium", "large", "huge", "giant"),
    "material": ("wood", "glass", "steel", "paper", "wool", "stone"),
    "shape": ("round", "square", "flat", "long", "oval", "curved"),
    "place": ("kitchen", "garden", "attic", "cellar", "hall", "garage"),
    "age": ("new", "recent", "used", "old", "antique", "ancient"),
}
_NAMES = """
anvil basket bottle box brush bucket candle chair clock comb cup desk drum flute fork frame
glove hammer hat jar kettle key kite ladder lamp mask mirror mug needle oar pan pen pillow
plate pot ring rope ruler saw scarf shoe shovel spoon stool table tray vase wheel
"""
NAMES = tuple(_NAMES.split())


@dataclass(frozen=True)
class Size:
    """How many things there are to tell apart.

    Args:
        n_things: 2 to 48.
        n_slots: attributes, 1 to 6.
        n_values: values of an attribute, 2 to 6; n_values^n_slots is at least n_things.
    """

    n_things: int
    n_slots: int
    n_values: int

    def __post_init__(self) -> None:
        at_least_one(n_things=self.n_things, n_slots=self.n_slots, n_values=self.n_values)
        most = len(next(iter(VALUES.values())))
        if not (
            2 <= self.n_things <= len(NAMES)
            and self.n_slots <= len(VALUES)
            and 2 <= self.n_values <= most
        ):
            raise ConfigError(
                f"There are 2..{len(NAMES)} things with 1..{len(VALUES)} slots of 2..{most} values."
                f" Received {self.n_things} things, {self.n_slots} slots, {self.n_values} values."
            )
        if self.n_values**self.n_slots < self.n_things:
            raise ConfigError(
                "No two things may be alike. Received "
                f"{self.n_things} things for {self.n_values}^{self.n_slots} = "
                f"{self.n_values**self.n_slots} combinations; raise n_slots or n_values."
            )


@dataclass(frozen=True)
class Things:
    """Names and values.

    Args:
        slots: the attributes.
        names: of the things, sorted.
        values: of each thing, one for each slot.
    """

    slots: tuple[str, ...]
    names: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]

    def of(self, slot: str) -> tuple[str, ...]:
        """Every thing's value of a slot, in the order of `names`."""
        index = self.slots.index(slot)
        return tuple(values[index] for values in self.values)

    def told(self, i: int) -> str:
        """`cup: color red, size tiny`."""
        pairs = ", ".join(f"{s} {v}" for s, v in zip(self.slots, self.values[i], strict=True))
        return f"{self.names[i]}: {pairs}"


def draw(size: Size, rng: np.random.Generator) -> Things:
    """Things of this size: distinct combinations, each as likely as any other."""
    slots = _some(tuple(VALUES), size.n_slots, rng)
    names = sorted(_some(NAMES, size.n_things, rng))
    values = [_some(VALUES[slot], size.n_values, rng) for slot in slots]
    codes = rng.choice(size.n_values**size.n_slots, size.n_things, replace=False)
    rows = [
        tuple(of[int(code) // size.n_values**k % size.n_values] for k, of in enumerate(values))
        for code in codes
    ]
    return Things(slots, tuple(names), tuple(rows))


def _some(of: tuple[str, ...], count: int, rng: np.random.Generator) -> tuple[str, ...]:
    return tuple(of[int(i)] for i in rng.choice(len(of), count, replace=False))
