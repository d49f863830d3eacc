"""Does a step draw random numbers? Its generators are compared before and after."""

from __future__ import annotations

import random
from collections.abc import Hashable
from typing import Any

import numpy as np

from rewardsmith.rewards.audit.states import layers


def env_dice(env: Any) -> Hashable:
    """Where the generators of an env and its wrappers stand."""
    return tuple(
        _place(generator)
        for layer in layers(env)
        if (generator := vars(layer).get("_np_random")) is not None
    )


def global_dice() -> Hashable:
    """Where Python's and NumPy's global generators stand."""
    _, own, _ = random.getstate()
    state: Any = np.random.get_state(legacy=False)
    inner = state["state"]
    return own[-1], own[0], int(inner["pos"]), int(inner["key"][0])


def _place(generator: np.random.Generator) -> Hashable:
    state: Any = generator.bit_generator.state
    inner = state["state"]
    return tuple(
        (k, v.tobytes() if isinstance(v, np.ndarray) else v) for k, v in sorted(inner.items())
    )
