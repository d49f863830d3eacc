"""Functions of the state on which a value is fitted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.distance.sampling import States
from rewardsmith.transition import Floats, Ints

#: N states to (N, K) numbers
Basis: TypeAlias = Callable[[States], Floats]

#: integer observations of at most so many values get one basis function each
FEW = 256


def default_basis(before: States, after: States, seed: int) -> Basis:
    """One function per state where observations are few integers, else Fourier features.

    Args:
        before, after: both ends of the transitions that the fit will see.
        seed: of the random frequencies.

    Raises:
        ConfigError: states without numbers.
    """
    if not isinstance(before.obs, Mapping) and before.obs is not None:
        left, reached = np.asarray(before.obs), np.asarray(after.obs)
        if left.ndim == 1 and left.dtype.kind in "iu":
            known = np.union1d(left, reached[~after.terminal])
            if len(known) <= FEW:
                return one_each(known)
    return fourier(before, seed=seed)


def one_each(known: Ints) -> Basis:
    """An indicator for each known observation; 0 everywhere for others."""

    def basis(states: States) -> Floats:
        same: Floats = (np.asarray(states.obs)[:, None] == known).astype(np.float64)
        return same

    return basis


def fourier(states: States, *, size: int = 64, seed: int = 0) -> Basis:
    """A constant, the standardised observation and random Fourier features of it.

    Rahimi and Recht 2007: cos(w z + b) with w normal and b uniform approximates a Gaussian
    kernel, here of a width of the root of the number of dimensions.

    Args:
        states: set mean and scale.
        size: number of random features.
        seed: of w and b.
    """
    sample = _flat(states)
    mean, scale = sample.mean(axis=0), sample.std(axis=0)
    scale = np.where(scale > 1e-12, scale, 1.0)
    rng = np.random.default_rng(seed)
    width = sample.shape[1]
    w = rng.normal(size=(width, size)) / np.sqrt(width)
    b = rng.uniform(0.0, 2.0 * np.pi, size)

    def basis(states: States) -> Floats:
        z = (_flat(states) - mean) / scale
        return np.hstack([np.ones((len(z), 1)), z, np.cos(z @ w + b)])

    return basis


def _flat(states: States) -> Floats:
    """Observations (features, where there are none) as (N, D) floats."""
    source: Any = states.features if states.obs is None else states.obs
    parts = [source[name] for name in sorted(source)] if isinstance(source, Mapping) else [source]
    columns = [np.asarray(part).reshape(len(states), -1) for part in parts]
    if not columns or any(column.dtype.kind not in "biuf" for column in columns):
        raise ConfigError(
            "The default basis takes observations of numbers. Received "
            f"{[str(c.dtype) for c in columns]}. Give basis=, a function of States."
        )
    return np.hstack(columns).astype(np.float64)
