"""An env and its reward as one table: found by search, or read from a toy-text `P`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rewardsmith.language import builtins_used
from rewardsmith.rewards.audit.attributes import Place
from rewardsmith.rewards.audit.explore import Graph, explore
from rewardsmith.rewards.audit.probe import Probe
from rewardsmith.rewards.audit.subject import Subject
from rewardsmith.rewards.audit.table import Table
from rewardsmith.rewards.audit.trust import NotTabular
from rewardsmith.stack import RewardStack
from rewardsmith.term import Binding, Learner
from rewardsmith.transition import Floats, Transition

#: the training clock at which every schedule has come to rest
END_OF_TRAINING = 10**15


@dataclass(frozen=True)
class Tabled:
    """The table of an env under its reward.

    Args:
        table: with the reward as it pays at the end of training.
        graph: the states, for maps and replays.
        early: the audited reward of each edge at the start of training, where a schedule makes
            it another one; else None.
    """

    table: Table
    graph: Graph
    early: Floats | None = None


def tabularise(
    subject: Subject,
    *,
    seeds: Sequence[int] = (0,),
    max_states: int = 50_000,
    keep: frozenset[Place] = frozenset(),
) -> Tabled:
    """Lay out every reachable state and what the reward pays on every edge.

    Args:
        subject: env and reward.
        seeds: one first state each.
        max_states: give up beyond.
        keep: attributes of a wrapper that count as part of the state.

    Raises:
        NotTabular: says why.
    """
    stack = subject.stack
    if stack is None:
        graph = explore(subject, seeds=seeds, max_states=max_states, keep=keep, by_obs=True)
        return _of_wrapper(subject, graph)
    _check_stack(stack)
    graph = explore(subject, seeds=seeds, max_states=max_states, by_obs=_reads_obs(subject, stack))
    return _of_stack(subject, stack, graph)


def _reads_obs(subject: Subject, stack: RewardStack) -> bool:
    """Whether the reward can tell states apart by their observations."""
    probe = subject.bare()
    found = subject.reader(probe).from_obs and bool(stack.needs)
    probe.close()
    return found or "obs" in builtins_used(stack.tree)


def _check_stack(stack: RewardStack) -> None:
    if "t" in builtins_used(stack.tree):
        raise NotTabular("the reward reads t, the time of the episode, which no state holds")
    if remembering := [e.name for e in stack.entries if e.term.remembers]:
        raise NotTabular(
            f"the reward depends on the whole episode so far (term {remembering[0]}), which no "
            "state holds"
        )
    if learning := [e.name for e in stack.entries if e.term.learns]:
        raise NotTabular(f"the reward learns as it runs (term {learning[0]})")


def _of_wrapper(subject: Subject, graph: Graph) -> Tabled:
    table = graph.table()
    if table.cut is None:
        return Tabled(table, graph)
    filled = np.where(np.isnan(table.cut), table.proxy, table.cut)
    if subject.bootstraps and np.array_equal(filled, table.proxy):
        return Tabled(replace(table, cut=None), graph)
    return Tabled(replace(table, cut=filled), graph)


def dense_rewards(subject: Subject, tabled: Tabled) -> tuple[Floats, Floats, Floats]:
    """Own and audited R(s, a, s') for all s', and P(s' | s, a), each of shape (S, A, S).

    For metrics that ask for transitions that cannot happen. There the env's own reward is
    taken as E[R | s, a], which no policy can tell from the real one; a stack is then asked.

    Args:
        subject: its reward is a stack.
        tabled: its table, of S states.
    """
    table, stack = tabled.table, subject.stack
    assert stack is not None
    shape = (table.states, table.actions, table.states)
    s, a, after = (x.ravel() for x in np.indices(shape))
    own = table.expected(table.reward)[s, a]
    every = replace(table, s=s, a=a, after=after, reward=own)
    batch, probe = _bound_batch(subject, stack, every, tabled.graph)
    stack.clock.steps = END_OF_TRAINING
    proxy = stack.relabel(batch).total
    probe.close()
    return own.reshape(shape), proxy.reshape(shape), table.moves().toarray().reshape(shape)


def _bound_batch(
    subject: Subject, stack: RewardStack, table: Table, graph: Graph
) -> tuple[Transition, Probe]:
    """The stack bound, and every edge as one row."""
    probe = subject.bare()
    reader = subject.reader(probe)
    learner = Learner(subject.gamma, subject.bootstraps)
    stack.bind(Binding(reader.schema, learner, 1, "audit"))
    reader.need(stack.needs)
    return _batch(table, graph, reader, stack, probe.action_space), probe


def _of_stack(subject: Subject, stack: RewardStack, graph: Graph) -> Tabled:
    base = graph.table()
    batch, probe = _bound_batch(subject, stack, base, graph)
    early = stack.relabel(batch).total
    stack.clock.steps = END_OF_TRAINING
    late = stack.relabel(batch).total
    batch.truncated = ~base.terminal[base.after]
    cut = stack.relabel(batch).total
    probe.close()
    same = np.array_equal(cut, late)
    table = base.with_proxy(late, None if same and subject.bootstraps else cut)
    return Tabled(table, graph, None if np.array_equal(early, late) else early)


def _batch(table: Table, graph: Graph, reader: Any, stack: RewardStack, space: Any) -> Transition:
    """Every edge as one row."""
    obs = None
    if reader.from_obs or "obs" in builtins_used(stack.tree):
        obs = _stacked([state.obs for state in graph.states])
    infos = [state.info for state in graph.states]
    features = reader.batch(infos, obs)
    return Transition(
        obs=_at(obs, table.s),
        action=table.a + int(space.start),
        next_obs=_at(obs, table.after),
        env_reward=table.reward.astype(float),
        terminated=table.terminal[table.after],
        truncated=np.zeros(len(table.s), dtype=bool),
        features={k: v[table.s] for k, v in features.items()},
        next_features={k: v[table.after] for k, v in features.items()},
        t=np.zeros(len(table.s), dtype=np.int64),
    )


def _stacked(observations: list[Any]) -> Any:
    if isinstance(observations[0], dict):
        return {k: _stacked([o[k] for o in observations]) for k in observations[0]}
    return np.array(observations)


def _at(obs: Any, rows: Any) -> Any:
    if isinstance(obs, dict):
        return {k: _at(v, rows) for k, v in obs.items()}
    return None if obs is None else obs[rows]


def replayed(graph: Graph, state: int) -> tuple[int, list[int]]:
    """Seed and action numbers that lead to a state; for envs whose transitions are certain."""
    actions: list[int] = []
    while graph.parent[state][0] >= 0:
        state, action = graph.parent[state]
        actions.append(action)
    return graph.seed[state], actions[::-1]
