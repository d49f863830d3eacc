"""Check 6: does the audited reward's best policy walk in a circle instead of doing the task?

Randlov and Alstrom 1998 (the bicycle); Amodei and Clark 2016 (CoastRunners). A cycle that pays
is no fault by itself: sound shaping with negative potentials has some. What counts is that the
best policy stays in one, or that one pays once the fitted potential is taken away.
"""

from __future__ import annotations

import numpy as np

from rewardsmith.rewards.audit.exact import Exact
from rewardsmith.rewards.audit.result import Loop
from rewardsmith.rewards.audit.solve import Solver
from rewardsmith.rewards.audit.table import Table
from rewardsmith.transition import Floats, Ints


def best_loop(exact: Exact) -> Loop | None:
    """The cycle that the audited reward's best policy ends in; None if its episodes end."""
    return loop_of(exact.table, exact.policy)


def loop_of(table: Table, policy: Ints) -> Loop | None:
    """Follow the likeliest outcomes of a policy from the likeliest start until a state recurs."""
    heads = likeliest(table, policy)
    start = state = int(np.argmax(table.start))
    order: dict[int, int] = {}
    while state not in order:
        if table.terminal[state] or heads[state] < 0:
            return None
        order[state] = len(order)
        state = int(table.after[heads[state]])
    walk = list(order)
    first = order[state]
    edges = [int(heads[s]) for s in walk]
    cycle = edges[first:]
    return Loop(
        states=walk[first:],
        actions=[int(policy[s]) for s in walk[first:]],
        path=[int(policy[s]) for s in walk[:first]],
        seed=int(table.seed[start]) if table.seed is not None else 0,
        paid=float(table.proxy[cycle].sum()),
        own=float(table.reward[cycle].sum()),
    )


def likeliest(table: Table, policy: Ints) -> Ints:
    """The likeliest edge that the policy takes from each state; -1 where there is none."""
    chosen = np.flatnonzero(table.a == policy[table.s])
    order = chosen[np.argsort(table.p[chosen], kind="stable")]
    heads = np.full(table.states, -1, dtype=np.int64)
    heads[table.s[order]] = order
    return heads


def reaches(exact: Exact, policy: Ints) -> float:
    """Discounted chance that a policy's episode ends in success, or ends at all, from the start."""
    table = exact.table
    wanted = table.terminal if table.success is None else table.terminal & table.success
    if not wanted.any():
        wanted = table.terminal
    paid = table.expected(wanted[table.after].astype(float))
    values = Solver(table, 0.9999, exact.moves).values_of(policy, paid)
    return float(values @ table.start)


def leftover_rate(exact: Exact) -> float:
    """The best pay per step, for ever, of what no potential explains (0 if all is explained)."""
    table, gamma = exact.table, 0.999
    rest: Floats = exact.fit.residual
    solver = Solver(table, gamma, exact.moves)
    values, _ = solver.optimal(rest)
    return float((1 - gamma) * max(0.0, values.max(initial=0.0)))
