"""The key of a state, with what the audited reward reads besides."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from rewardsmith.rewards.audit.attributes import Place, kept_key
from rewardsmith.rewards.audit.states import Unhashable, seen_key, state_key
from rewardsmith.rewards.audit.subject import Pair
from rewardsmith.rewards.audit.trust import NotTabular


def key_of(
    pair: Pair, stack: Any, *, keep: frozenset[Place] = frozenset(), by_obs: bool = False
) -> Hashable:
    """The state's key, with what the reward reads besides: features, observation, memory.

    Raises:
        NotTabular: states cannot be told apart.
    """
    seen = pair.probe.seen
    assert seen is not None
    try:
        key: tuple[Hashable, ...] = (state_key(pair.probe),)
        if by_obs:
            key = (*key, seen_key(seen.obs))
        if keep:
            key = (*key, kept_key(pair, keep))
    except Unhashable as error:
        raise NotTabular(str(error)) from error
    if stack is not None and stack.needs:
        features = seen.info.get("features", {})
        key = (*key, tuple(_hashable(features.get(name)) for name in sorted(stack.needs)))
    return key


def _hashable(value: Any) -> Hashable:
    if isinstance(value, str) or value is None:
        return value
    return np.asarray(value).tobytes()
