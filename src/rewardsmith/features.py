"""Features: named, typed, documented quantities of an environment's true state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces

from rewardsmith.errors import ContractError, unknown_name

DTYPES = ("float", "int", "bool", "text")


@dataclass(frozen=True)
class Feature:
    """One named quantity.

    Args:
        name: a Python identifier, as written in a formula.
        doc: one line that says what it measures.
        shape: `()` for a scalar.
        low, high: inclusive bounds of every element; infinite if unknown.
        unit: e.g. `"m"`, `"rad/s"`, `"cells"`; empty if it has none.
        dtype: `float`, `int`, `bool` or `text` (text cannot be used in arithmetic).
    """

    name: str
    doc: str
    shape: tuple[int, ...] = ()
    low: float = -np.inf
    high: float = np.inf
    unit: str = ""
    dtype: str = "float"

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise ContractError(
                f"A feature's name must be a Python identifier. Received {self.name!r}."
            )
        if self.dtype not in DTYPES:
            raise ContractError(f"A feature's dtype is one of {DTYPES}. Received {self.dtype!r}.")
        if self.dtype == "bool":
            object.__setattr__(self, "low", 0.0)
            object.__setattr__(self, "high", 1.0)

    @property
    def numeric(self) -> bool:
        """Whether arithmetic may use it."""
        return self.dtype != "text"

    def problem(self, value: Any) -> str | None:
        """Say what is wrong with `value`, or None if it satisfies the schema."""
        if not self.numeric:
            return None if isinstance(value, str) else f"expected a str, got {type(value).__name__}"
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            return f"expected a number, got {value!r}"
        if array.shape != self.shape:
            return f"expected shape {self.shape}, got {array.shape}"
        if not np.all(np.isfinite(array)):
            return f"expected finite values, got {value!r}"
        slack = 1e-6 * max(1.0, *(abs(b) for b in (self.low, self.high) if np.isfinite(b)), 0.0)
        if np.any(array < self.low - slack) or np.any(array > self.high + slack):
            return f"expected values in [{self.low:g}, {self.high:g}], got {value!r}"
        return None


class FeatureSchema(Mapping[str, Feature]):
    """The ordered features of an environment; `schema["has_kye"]` says "Did you mean"."""

    def __init__(self, features: Iterable[Feature] = ()) -> None:
        self._features: dict[str, Feature] = {}
        for feature in features:
            if feature.name in self._features:
                raise ContractError(f"Feature {feature.name!r} is declared twice.")
            self._features[feature.name] = feature

    def __getitem__(self, name: str) -> Feature:
        try:
            return self._features[name]
        except KeyError:
            raise unknown_name("feature", name, self._features) from None

    def __contains__(self, name: object) -> bool:
        return name in self._features

    def __iter__(self) -> Iterator[str]:
        return iter(self._features)

    def __len__(self) -> int:
        return len(self._features)

    def __repr__(self) -> str:
        return f"FeatureSchema({', '.join(self._features)})"

    @property
    def numeric(self) -> tuple[str, ...]:
        """Names of the features that a formula may compute with."""
        return tuple(n for n, f in self._features.items() if f.numeric)

    def validate(self, values: Mapping[str, Any]) -> None:
        """Raise `ContractError` unless `values` has exactly these features, within bounds."""
        missing = [n for n in self._features if n not in values]
        extra = [n for n in values if n not in self._features]
        if missing or extra:
            raise ContractError(
                f'info["features"] must hold exactly the schema\'s names. '
                f"Missing {missing}, not in the schema {extra}."
            )
        for name, feature in self._features.items():
            if problem := feature.problem(values[name]):
                raise ContractError(f"Feature {name!r} breaks its schema: {problem}.")

    @classmethod
    def from_space(cls, space: spaces.Space[Any]) -> FeatureSchema:
        """The schema of an env that declares none: its observation's components.

        A `Dict` space gives one feature per key; any other space gives `obs`.
        """
        if isinstance(space, spaces.Dict):
            named = ((k, s) for k, s in space.spaces.items() if str(k).isidentifier())
            return cls(_of_space(k, s) for k, s in named)
        return cls([_of_space("obs", space)])


def _of_space(name: str, space: spaces.Space[Any]) -> Feature:
    if isinstance(space, spaces.Box):
        low, high = float(np.min(space.low)), float(np.max(space.high))
        return Feature(name, "observation component", tuple(space.shape), low, high)
    if isinstance(space, spaces.Discrete):
        low = float(space.start)
        return Feature(name, "observation component", (), low, low + float(space.n) - 1, "", "int")
    if isinstance(space, spaces.MultiDiscrete | spaces.MultiBinary):
        return Feature(name, "observation component", tuple(space.shape or ()), dtype="int")
    return Feature(name, "observation component (not numeric)", dtype="text")
