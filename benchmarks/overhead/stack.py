"""Time of one `stack.step` beside the same reward written by hand, at three batch sizes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from rewardsmith import Binding, Feature, FeatureSchema, Learner, RewardStack
from rewardsmith.transition import Floats, Transition

FORMULA = (
    "env + potential(0.5*has_key + 0.5*door_open)"
    " + 0.01*tolerance(distance_to_goal, bounds=(0, 1), margin=4)"
)
SCHEMA = FeatureSchema(
    [
        Feature("has_key", "the key is carried", dtype="bool"),
        Feature("door_open", "the door is open", dtype="bool"),
        Feature("distance_to_goal", "steps to the goal", low=0, unit="cells"),
    ]
)


def batch(n: int, seed: int = 0) -> Transition:
    """n random transitions of the three features."""
    rng = np.random.default_rng(seed)

    def features() -> dict[str, Any]:
        flags = rng.integers(0, 2, size=(2, n)).astype(bool)
        far = rng.integers(0, 12, size=n).astype(np.float64)
        return {"has_key": flags[0], "door_open": flags[1], "distance_to_goal": far}

    ended = rng.random(n) < 0.01
    return Transition(
        None, None, None, rng.random(n), ended, np.zeros(n, bool), features(), features()
    )


class HandWritten:
    """The floor: the same reward as NumPy that someone would write for this one task."""

    def __init__(self, n: int, gamma: float = 0.99) -> None:
        self.gamma, self.phi = gamma, np.zeros(n)
        self.width = np.sqrt(-2.0 * np.log(0.1)) / 4.0

    def step(self, tr: Transition) -> Floats:
        """The reward of each row."""
        f, g = tr.features, tr.next_features
        phi = 0.5 * g["has_key"] + 0.5 * g["door_open"]
        phi = np.where(tr.terminated, 0.0, phi)
        shaping = self.gamma * phi - self.phi
        self.phi = phi
        excess = np.maximum(f["distance_to_goal"] - 1.0, 0.0) * self.width
        paid: Floats = tr.env_reward + shaping + 0.01 * np.exp(-0.5 * excess**2)
        return paid


def seconds(call: Callable[[], Any], repeats: int, calls: int) -> list[float]:
    """CPU seconds of one call, `repeats` times over, each the mean of `calls` calls."""
    found = []
    for _ in range(repeats):
        start = time.process_time()
        for _ in range(calls):
            call()
        found.append((time.process_time() - start) / calls)
    return found


def measure(n: int, repeats: int = 7) -> dict[str, float]:
    """Median microseconds of a step of n rows, ours and by hand, taken in turns."""
    tr = batch(n)
    stack = RewardStack.parse(FORMULA).bind(Binding(SCHEMA, Learner(), num_envs=n))
    hand = HandWritten(n)
    np.testing.assert_allclose(stack.step(tr).total, stack.relabel(tr).total)
    calls = 5000 if n < 100 else 500
    ours, floor = [], []
    for _ in range(repeats):
        ours += seconds(lambda: stack.step(tr), 1, calls)
        floor += seconds(lambda: hand.step(tr), 1, calls)
    step, least = statistics.median(ours), statistics.median(floor)
    return {
        "batch": n,
        "stack_us": round(step * 1e6, 2),
        "hand_written_us": round(least * 1e6, 2),
        "ratio": round(step / least, 2),
        "stack_rows_per_s": round(n / step),
    }
