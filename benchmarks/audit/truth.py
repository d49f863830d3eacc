"""The truth about two rewards of one world, by means that the audit does not use.

Dense NumPy throughout: value iteration for optima (the audit: sparse policy iteration), and
sampled policies for the order (the audit: a fit of a potential).
"""

from __future__ import annotations

import numpy as np

from rewardsmith.benchmarks.audit.worlds import World
from rewardsmith.transition import Bools, Floats

#: two action values closer than this, relative to the largest, are equal
SLACK = 1e-8


def expected(world: World, reward: Floats) -> Floats:
    """E over s' of R(s, a, s'), shape (S, A); 0 at ends."""
    paid = np.einsum("xay,xay->xa", world.dynamics, reward)
    found: Floats = np.where(world.terminal[:, None], 0.0, paid)
    return found


def optimum(world: World, paid: Floats, allowed: Bools | None = None) -> tuple[Floats, Floats]:
    """Optimal V (S,) and Q (S, A) by value iteration, to 1e-13 of the largest value."""
    live = ~world.terminal[:, None]
    values = np.zeros(len(paid))
    for _ in range(20_000):
        q = live * (paid + world.gamma * (world.dynamics @ values))
        best = (q if allowed is None else np.where(allowed, q, -np.inf)).max(axis=1)
        change = np.abs(best - values).max()
        values = best
        if change <= 1e-13 * max(1.0, np.abs(best).max()) * (1 - world.gamma):
            break
    return values, q


def regret(world: World, paid: Floats) -> float:
    """Share of the return from the start lost by the worst of the proxy's optimal policies.

    Args:
        world: with the env's own reward.
        paid: the expected proxy, shape (S, A).
    """
    own = expected(world, world.reward)
    q = optimum(world, paid)[1]
    best = q >= q.max(axis=1, keepdims=True) - SLACK * max(1e-12, np.abs(q).max())
    highest = optimum(world, own)[0] @ world.start
    lowest = -optimum(world, -own)[0] @ world.start
    reached = -optimum(world, -own, best)[0] @ world.start
    room = highest - lowest
    return float(np.clip((highest - reached) / room, 0.0, 1.0)) if room > 1e-12 else 0.0


def returns(world: World, paid: Floats, policies: Floats) -> Floats:
    """V of each of M stochastic policies (M, S, A) in every state, shape (M, S)."""
    live = (~world.terminal).astype(float)
    moves = np.einsum("msa,sat->mst", policies, world.dynamics) * live[:, None] * live
    gains = np.einsum("msa,sa->ms", policies, paid) * live
    system = np.eye(len(live)) - world.gamma * moves
    found: Floats = np.linalg.solve(system, gains[..., None])[..., 0]
    return found


def disorder(world: World, paid: Floats, seed: int, count: int = 60) -> float:
    """How far the proxy's returns are from c > 0 times the own ones plus a constant per state.

    Over mixed policies two rewards give one order if and only if their returns are such (von
    Neumann and Morgenstern 1944). Policies are drawn near-deterministic. 1 if c <= 0.

    Returns:
        The largest deviation over policies and states, relative to the largest return.
    """
    rng = np.random.default_rng([seed, 1])
    shape = (count, *paid.shape[:1])
    policies = rng.dirichlet(np.full(paid.shape[1], 0.3), size=shape)
    own = returns(world, expected(world, world.reward), policies)
    proxy = returns(world, paid, policies)
    size = max(np.abs(own).max(), np.abs(proxy).max(), 1e-300)
    own, proxy = own - own.mean(axis=0), proxy - proxy.mean(axis=0)
    scale = (own * proxy).sum() / max((own * own).sum(), 1e-300)
    if scale * np.abs(own).max() <= 1e-10 * size:
        return 1.0
    return float(np.abs(proxy - scale * own).max() / size)
