"""Rewards of 20 to 25 operations, as a text and as NumPy that someone would write by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from rewardsmith import Feature, FeatureSchema
from rewardsmith.transition import Floats, Transition

SCHEMA = FeatureSchema(
    [
        Feature("x", "where it is"),
        Feature("goal", "where it should be"),
        Feature("speed", "how fast it is"),
        Feature("angle", "how far it leans"),
        Feature("hand", "where the hand is", (3,)),
        Feature("cup", "where the cup is", (3,)),
    ]
)


def batch(n: int, seed: int = 0) -> Transition:
    """n random transitions."""
    rng = np.random.default_rng(seed)

    def features() -> dict[str, Any]:
        return {f.name: rng.normal(size=(n, *f.shape)) for f in SCHEMA.values()}

    none = np.zeros(n, dtype=bool)
    return Transition(None, None, None, rng.normal(size=n), none, none, features(), features())


@dataclass(frozen=True)
class Case:
    """One reward twice; both compute each of its operations once.

    Args:
        text: in the reward language.
        by_hand: the same in NumPy.
    """

    text: str
    by_hand: Callable[[Transition], Floats]


MIXED = """
def reward(f, action, next_f):
    distance = np.abs(f.x - f.goal)
    closer = distance - np.abs(next_f.x - f.goal)
    near = np.exp(-2.0*distance)
    spin = np.sin(f.angle)*f.speed
    effort = 0.1*f.speed**2 + 0.01*np.abs(spin)
    bonus = 1.0 if near > 0.5 else 0.0
    return np.tanh(closer) + near + bonus - effort
"""


def _mixed(tr: Transition) -> Floats:
    f, g = tr.features, tr.next_features
    with np.errstate(all="ignore"):
        distance = np.abs(f["x"] - f["goal"])
        closer = distance - np.abs(g["x"] - f["goal"])
        near = np.exp(-2.0 * distance)
        spin = np.sin(f["angle"]) * f["speed"]
        effort = 0.1 * f["speed"] ** 2 + 0.01 * np.abs(spin)
        bonus = np.where(near > 0.5, 1.0, 0.0)
        paid: Floats = np.tanh(closer) + near + bonus - effort
        return paid


# Nothing but one cycle per element, so that any overhead shows.
CHEAP = """
def reward(f, action, next_f):
    gap = f.x - f.goal
    after = next_f.x - f.goal
    moved = np.abs(gap) - np.abs(after)
    drive = 0.5*f.speed + 0.25*next_f.speed
    lean = np.minimum(np.maximum(f.angle, -0.3), 0.3)
    push = drive*lean - 0.1*drive*drive
    return 2.0*moved + push - 0.01*np.abs(lean) - 0.5 + gap*after
"""


def _cheap(tr: Transition) -> Floats:
    f, g = tr.features, tr.next_features
    with np.errstate(all="ignore"):
        gap = f["x"] - f["goal"]
        after = g["x"] - f["goal"]
        moved = np.abs(gap) - np.abs(after)
        drive = 0.5 * f["speed"] + 0.25 * g["speed"]
        lean = np.minimum(np.maximum(f["angle"], -0.3), 0.3)
        push = drive * lean - 0.1 * drive * drive
        paid: Floats = 2.0 * moved + push - 0.01 * np.abs(lean) - 0.5 + gap * after
        return paid


VECTORS = """
def reward(f, action, next_f):
    gap = f.hand - f.cup
    after = next_f.hand - next_f.cup
    closer = np.linalg.norm(gap) - np.linalg.norm(after)
    near = np.exp(-np.sum(gap*gap))
    lift = np.maximum(next_f.cup[2] - f.cup[2], 0.0)
    still = np.sum(np.abs(next_f.cup - f.cup))
    return 2.0*closer + near + 5.0*lift*near - 0.1*still
"""


def _vectors(tr: Transition) -> Floats:
    f, g = tr.features, tr.next_features
    with np.errstate(all="ignore"):
        gap = f["hand"] - f["cup"]
        after = g["hand"] - g["cup"]
        closer = np.linalg.norm(gap, axis=1) - np.linalg.norm(after, axis=1)
        near = np.exp(-np.sum(gap * gap, axis=1))
        lift = np.maximum(g["cup"][:, 2] - f["cup"][:, 2], 0.0)
        still = np.sum(np.abs(g["cup"] - f["cup"]), axis=1)
        paid: Floats = 2.0 * closer + near + 5.0 * lift * near - 0.1 * still
        return paid


CASES: Mapping[str, Case] = MappingProxyType(
    {
        "mixed": Case(MIXED, _mixed),
        "cheap": Case(CHEAP, _cheap),
        "vectors": Case(VECTORS, _vectors),
    }
)
