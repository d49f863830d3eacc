"""What is injected: faults, each with the cause to be named, and changes that change nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from rewardsmith.benchmarks.audit.worlds import World, with_phases, world
from rewardsmith.transition import Floats

Draw = np.random.Generator


@dataclass(frozen=True)
class Injected:
    """A world and a proxy R'(s, a, s') of its reward, shape (S, A, S).

    Args:
        cut: what the proxy pays where a time limit ends the episode; None if the same.
    """

    world: World
    proxy: Floats
    cut: Floats | None = None


@dataclass(frozen=True)
class Kind:
    """One kind of change.

    Args:
        make: draws one.
        causes: the causes that may be named; empty: none of the known ones.
        faulty: whether the order of policies changes.
    """

    make: Callable[[World, Draw], Injected]
    causes: frozenset[str] = field(default_factory=frozenset)
    faulty: bool = True


def phi_of(w: World, rng: Draw) -> Floats:
    """A random potential, ends included."""
    return rng.normal(size=len(w.terminal))


def potential(w: World, rng: Draw, size: float = 1.0) -> Injected:
    """R + size * shaping by a random potential."""
    return Injected(w, w.reward + w.shaping(size * phi_of(w, rng)))


def distance(w: World, rng: Draw) -> Injected:
    """Shaping by the distance to an end."""
    return Injected(w, w.reward + w.shaping(-rng.uniform(0.1, 2.0) * w.distance))


def scale(w: World, rng: Draw) -> Injected:
    """k R with k from .001 to 1000."""
    return Injected(w, w.reward * 10.0 ** rng.uniform(-3, 3))


def redistributed(w: World, rng: Draw) -> Injected:
    """Reward moved between the outcomes of one action; its mean stays."""
    moved = rng.normal(size=w.reward.shape)
    moved -= (w.dynamics * moved).sum(axis=2, keepdims=True)
    return Injected(w, w.reward + moved)


def scaled_and_shaped(w: World, rng: Draw) -> Injected:
    """k (R + F): also what dividing the shaped reward by its frozen deviation gives."""
    shaped = w.reward + w.shaping(phi_of(w, rng))
    return Injected(w, shaped / shaped[w.edges].std())


def all_three(w: World, rng: Draw) -> Injected:
    """Scale, shaping and redistribution at once."""
    first = redistributed(w, rng).proxy * rng.uniform(0.1, 10)
    return Injected(w, first + w.shaping(phi_of(w, rng)))


def dynamic(w: World, rng: Draw) -> Injected:
    """A potential that changes with time, in the world of (clock, state)."""
    return potential(with_phases(w), rng)


def settled(w: World, rng: Draw) -> Injected:
    """A bonus b(s) per step, all paid back on the next: PBIM's idea with a debt of one step.

    Pays b(s') on arrival unless the episode ends, and takes b(s) / gamma back.
    """
    bonus = phi_of(w, rng)
    return Injected(w, w.reward + np.where(w.terminal, 0.0, bonus) - bonus[:, None, None] / w.gamma)


def terminal(w: World, rng: Draw) -> Injected:
    """The potential is kept at termination."""
    return Injected(w, w.reward + w.shaping(phi_of(w, rng), zeroed=False))


def other_gamma(w: World, rng: Draw) -> Injected:
    """Shaped with another discount."""
    gamma = float(rng.choice([1.0, 0.99, 0.8, 0.5, w.gamma - 0.03 * rng.uniform(0.1, 1)]))
    return Injected(w, w.reward + w.shaping(phi_of(w, rng), gamma))


def clipped(w: World, rng: Draw) -> Injected:
    """The shaped reward is cut to [-L, L], L between its median and its .95 quantile."""
    shaped = w.reward + w.shaping(phi_of(w, rng))
    level = np.quantile(np.abs(shaped[w.edges]), rng.uniform(0.5, 0.95))
    return Injected(w, np.clip(shaped, -level, level))


def standardised(w: World, rng: Draw) -> Injected:
    """The shaped reward less its frozen mean, by its frozen deviation."""
    shaped = w.reward + w.shaping(phi_of(w, rng))
    seen = shaped[w.edges]
    return Injected(w, (shaped - seen.mean()) / seen.std())


def one_sided(w: World, rng: Draw) -> Injected:
    """Only approach is paid."""
    shaping = w.shaping(phi_of(w, rng), float(rng.choice([1.0, w.gamma])))
    return Injected(w, w.reward + np.maximum(shaping, 0.0))


def arrival(w: World, rng: Draw) -> Injected:
    """gamma*Phi(s') without -Phi(s)."""
    return Injected(w, w.reward + w.gamma * np.where(w.terminal, 0.0, phi_of(w, rng)))


def alive(w: World, rng: Draw) -> Injected:
    """A constant on every step, or on every one that does not end the episode."""
    amount = 10.0 ** rng.uniform(-3, 0)
    ends = rng.random() < 0.5
    return Injected(w, w.reward + amount * np.where(w.terminal & ends, 0.0, 1.0))


def timeout(w: World, rng: Draw) -> Injected:
    """Phi(s') is taken as 0 at a time limit, where the learner bootstraps."""
    phi = phi_of(w, rng)
    return Injected(w, w.reward + w.shaping(phi), w.reward - phi[:, None, None])


def gate(w: World, rng: Draw) -> Injected:
    """The difference is paid only where the state left is inside a gate of half of them."""
    inside = rng.permutation(np.flatnonzero(~w.terminal))[::2]
    shown = np.isin(np.arange(len(w.terminal)), inside)[:, None, None]
    return Injected(w, w.reward + shown * w.shaping(phi_of(w, rng)))


def backwards(w: World, rng: Draw) -> Injected:
    """-k R + F."""
    return Injected(w, -rng.uniform(0.1, 3) * w.reward + w.shaping(phi_of(w, rng)))


def lost(w: World, rng: Draw) -> Injected:
    """F alone."""
    return Injected(w, np.broadcast_to(w.shaping(phi_of(w, rng)), w.reward.shape).copy())


def state_bonus(w: World, rng: Draw) -> Injected:
    """Any bonus for reaching a state, ends included."""
    return Injected(w, w.reward + rng.uniform(0.05, 1) * phi_of(w, rng))


def action_bonus(w: World, rng: Draw) -> Injected:
    """Any bonus for an action."""
    paid: Floats = rng.normal(size=(1, w.reward.shape[1], 1))
    return Injected(w, w.reward + paid)


def anything(w: World, rng: Draw) -> Injected:
    """Any bonus for a step: no known fault explains it."""
    return Injected(w, w.reward + 0.3 * rng.normal(size=w.reward.shape))


def _faulty(make: Callable[[World, Draw], Injected], *causes: str) -> Kind:
    return Kind(make, frozenset(causes))


def _sound(make: Callable[[World, Draw], Injected]) -> Kind:
    return Kind(make, faulty=False)


KINDS: dict[str, Kind] = {
    "no shaping": _sound(lambda w, rng: Injected(w, w.reward.copy())),
    "random potential": _sound(potential),
    "distance potential": _sound(distance),
    "potential x100": _sound(lambda w, rng: potential(w, rng, 100.0)),
    "positive scale": _sound(scale),
    "redistribution over s'": _sound(redistributed),
    "scale of shaped reward": _sound(scaled_and_shaped),
    "scale, shaping, redistribution": _sound(all_three),
    "dynamic potential": _sound(dynamic),
    "bonus paid back a step later": _sound(settled),
    "terminal potential kept": _faulty(terminal, "TERMINAL POTENTIAL"),
    "other gamma": _faulty(other_gamma, "OTHER GAMMA"),
    "clip after shaping": _faulty(clipped, "CLIPPED SHAPING"),
    # Where only ends pay, a constant on every step and a scale are the same function as a
    # potential kept at the ends, so no table can tell these apart.
    "standardise after shaping": _faulty(
        standardised, "ALIVE BONUS", "STEP COST", "TERMINAL POTENTIAL"
    ),
    "one-sided progress": _faulty(one_sided, "ONE-SIDED"),
    "gamma*Phi(s') only": _faulty(arrival, "STATE BONUS"),
    "alive bonus": _faulty(alive, "ALIVE BONUS"),
    "timeout as terminal": _faulty(timeout, "TIMEOUT AS TERMINAL"),
    "gate leak": _faulty(gate, "GATE LEAK"),
    "reversed": _faulty(backwards, "REVERSED"),
    "env reward lost": _faulty(lost, "TASK LOST"),
    "state bonus": _faulty(state_bonus, "STATE BONUS"),
    "action bonus": _faulty(action_bonus, "ACTION BONUS"),
    "arbitrary bonus": _faulty(anything),
}


def inject(name: str, case: int) -> Injected:
    """Case number `case` of a kind; the same each time."""
    order = list(KINDS).index(name)
    rng = np.random.default_rng([case, order])
    return KINDS[name].make(world(case), rng)
