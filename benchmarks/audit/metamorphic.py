"""Changes to both sides of a case under which its verdict and regret must stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from rewardsmith.benchmarks.audit.confusion import judged
from rewardsmith.benchmarks.audit.kinds import KINDS, Draw, Injected, inject, phi_of
from rewardsmith.transition import Floats


def own_scaled(x: Injected, rng: Draw) -> Injected:
    """The env's own reward times k > 0."""
    k = 10.0 ** rng.uniform(-2, 2)
    return replace(x, world=replace(x.world, reward=k * x.world.reward))


def own_shaped(x: Injected, rng: Draw) -> Injected:
    """A potential's shaping added to the env's own reward."""
    extra = x.world.shaping(phi_of(x.world, rng))
    return replace(x, world=replace(x.world, reward=x.world.reward + extra))


def both_shaped(x: Injected, rng: Draw) -> Injected:
    """The same shaping added to both rewards."""
    extra = x.world.shaping(phi_of(x.world, rng))
    own = replace(x.world, reward=x.world.reward + extra)
    return Injected(own, x.proxy + extra, None if x.cut is None else x.cut + extra)


def proxy_scaled_and_shaped(x: Injected, rng: Draw) -> Injected:
    """The audited reward times k > 0, and shaped."""
    k, extra = 10.0 ** rng.uniform(-2, 2), x.world.shaping(phi_of(x.world, rng))
    return Injected(x.world, k * x.proxy + extra, None if x.cut is None else k * x.cut + extra)


def relabelled(x: Injected, rng: Draw) -> Injected:
    """States and actions in another order."""
    w = x.world
    states, actions = rng.permutation(len(w.terminal)), rng.permutation(w.dynamics.shape[1])

    def turned(values: Floats) -> Floats:
        full = np.broadcast_to(values, w.dynamics.shape)
        found: Floats = full[np.ix_(states, actions, states)].copy()
        return found

    own = replace(
        w, dynamics=turned(w.dynamics), reward=turned(w.reward), terminal=w.terminal[states],
        start=w.start[states], distance=w.distance[states],
    )  # fmt: skip
    return Injected(own, turned(x.proxy), None if x.cut is None else turned(x.cut))


RELATIONS: dict[str, Callable[[Injected, Draw], Injected]] = {
    "own reward scaled": own_scaled,
    "own reward shaped": own_shaped,
    "both shaped": both_shaped,
    "audited reward scaled and shaped": proxy_scaled_and_shaped,
    "states and actions relabelled": relabelled,
}
#: how far a regret may move by rounding
REGRET = 1e-6


def broken(relation: str, kind: str, case: int) -> str:
    """What a relation changed that it must not; empty if nothing."""
    first = inject(kind, case)
    second = RELATIONS[relation](first, np.random.default_rng([case, 7]))
    before, after = judged(first), judged(second)
    if before.verdict != after.verdict:
        return f"{kind} {case}: {before.verdict} became {after.verdict}"
    if abs(before.regret - after.regret) > REGRET:
        return f"{kind} {case}: regret {before.regret:.8g} became {after.regret:.8g}"
    return ""


def relations(cases: int) -> dict[str, Any]:
    """Every relation over every kind."""
    found = {}
    for relation in RELATIONS:
        wrong = [broken(relation, kind, case) for kind in KINDS for case in range(cases)]
        found[relation] = {"cases": len(wrong), "broken": [w for w in wrong if w]}
    return found
