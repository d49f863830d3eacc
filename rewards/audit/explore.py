"""Find every state of an env by breadth-first search, and what each reward pays on each edge."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from gymnasium import spaces

from rewardsmith.rewards.audit.probe import Seen
from rewardsmith.rewards.audit.states import (
    Unhashable,
    has_table,
    plain_table,
    reward_state,
    state_key,
)
from rewardsmith.rewards.audit.subject import Pair, Subject
from rewardsmith.rewards.audit.table import Table

#: (probability, next state, reward, terminated) of a toy-text table, or None: step as it is
Outcome = tuple[float, int, float, bool] | None
#: give up if fewer than this share of edges leads to a known state after so many expansions
_RECURRENCE, _TRIAL = 0.2, 400
#: edges on which two copies draw from different randomness
_TWICE = 60


class NotTabular(Exception):
    """The env cannot be laid out as a table; the message says why, as half a sentence."""


@dataclass
class Graph:
    """What a search has found, edge by edge; `table` makes arrays of it."""

    actions: int
    index: dict[Hashable, int] = field(default_factory=dict)
    states: list[Seen] = field(default_factory=list)
    terminal: list[bool] = field(default_factory=list)
    parent: list[tuple[int, int]] = field(default_factory=list)
    seed: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    edges: list[tuple[int, int, int, float, float, float]] = field(default_factory=list)
    #: audited reward of each edge if a time limit ended the episode on it; NaN: not looked at
    cuts: list[float] = field(default_factory=list)

    def node(self, key: Hashable, seen: Seen, parent: tuple[int, int], seed: int) -> int:
        """The state's number; a terminal arrival and a passage are two states."""
        full = (seen.terminated, key)
        if full not in self.index:
            self.index[full] = len(self.states)
            self.states.append(seen)
            self.terminal.append(seen.terminated)
            self.parent.append(parent)
            self.seed.append(seed)
        return self.index[full]

    def table(self) -> Table:
        """As arrays."""
        s, a, after, p, reward, proxy = (np.array(c) for c in zip(*self.edges, strict=True))
        start = np.bincount(self.starts, minlength=len(self.states)) / len(self.starts)
        cuts = np.array(self.cuts)
        solved = [x.info.get("is_success") for x in self.states]
        known = any(x is not None for x in solved)
        return Table(
            self.actions, s, a, after, p, reward, proxy, np.array(self.terminal), start,
            None if np.isnan(cuts).all() else cuts,
            np.array([bool(x) for x in solved]) if known else None,
            _features(self.states), np.array(self.parent), np.array(self.seed),
        )  # fmt: skip


def explore(
    subject: Subject,
    *,
    seeds: Sequence[int] = (0,),
    max_states: int = 50_000,
    hidden: bool = False,
    cuts: str = "sample",
) -> Graph:
    """Expand every state by every action.

    Args:
        subject: env and reward; a stack is not run here (its terms are asked about all edges at
            once later), a wrapper class is.
        seeds: one first state each.
        max_states: give up beyond.
        hidden: count the wrapper's own attributes as part of the state.
        cuts: `sample` or `all`: on which edges the wrapper is also shown a time limit.

    Raises:
        NotTabular: says why.
    """
    return _Search(subject, max_states, hidden, cuts).run(seeds)


class _Search:
    def __init__(self, subject: Subject, max_states: int, hidden: bool, cuts: str) -> None:
        self.subject, self.max_states = subject, max_states
        self.hidden, self.cuts = hidden, cuts
        self.stack = subject.stack
        pair = self._pair()
        space = pair.probe.action_space
        if not isinstance(space, spaces.Discrete):
            raise NotTabular(f"its actions are {space}, and a table needs Discrete ones")
        self.actions = [int(space.start) + i for i in range(int(space.n))]
        self.graph = Graph(len(self.actions))
        self.frontier: deque[tuple[int, Pair]] = deque()
        self.rng = np.random.default_rng(0)
        self.met = 0
        self.tabled = False
        #: state -> its number in a toy-text table, where that is all there is to a state: then
        #: one env is put there again and again, and nothing is copied
        self.homes: dict[int, int] = {}
        pair.outer.close()

    def _pair(self) -> Pair:
        if self.stack is None:
            return self.subject.pair()
        probe = self.subject.bare()
        return Pair(probe, probe)

    def run(self, seeds: Sequence[int]) -> Graph:
        for seed in seeds:
            self._begin(seed)
        expanded = 0
        while self.frontier:
            state, pair = self.frontier.popleft()
            self._expand(state, pair)
            expanded += 1
            if expanded == _TRIAL:
                self._check_recurrence()
            if len(self.graph.states) > self.max_states:
                raise NotTabular(f"it has more than {self.max_states:,} states")
        if not self.graph.edges:
            raise NotTabular("no state could be left")
        return self.graph

    def _begin(self, seed: int) -> None:
        pair = self._pair()
        pair.outer.reset(seed=seed)
        pair.probe.truncation = "hide"
        self.tabled = has_table(pair.probe)
        before = len(self.graph.states)
        state = self._node(pair, (-1, -1), seed)
        self.graph.starts.append(state)
        if self.stack is not None and self.tabled and plain_table(pair.probe):
            self.homes[state] = int(pair.probe.unwrapped.s)  # type: ignore[attr-defined]
        if state == before:
            self.frontier.append((state, pair))

    def _node(self, pair: Pair, parent: tuple[int, int], seed: int) -> int:
        assert pair.probe.seen is not None
        return self.graph.node(self._key(pair), pair.probe.seen, parent, seed)

    def _key(self, pair: Pair) -> Hashable:
        return key_of(pair, self.stack, hidden=self.hidden)

    def _expand(self, state: int, pair: Pair) -> None:
        home, bare = self.homes.get(state), pair.probe.unwrapped
        for number, action in enumerate(self.actions):
            if home is not None:
                bare.s = home  # type: ignore[attr-defined]
            for outcome in list(self._outcomes(pair, action)):
                if home is not None:
                    bare.s = home  # type: ignore[attr-defined]
                self._edge(state, pair, number, action, outcome)
        if home is None:
            pair.outer.close()

    def _outcomes(self, pair: Pair, action: int) -> Iterator[Outcome]:
        """A toy-text table's outcomes, equal ones merged; a single None without a table."""
        if not self.tabled:
            yield None
            return
        bare: Any = pair.probe.unwrapped
        merged: dict[tuple[int, float, bool], float] = {}
        for p, after, reward, ended in bare.P[bare.s][action]:
            key = (int(after), float(reward), bool(ended))
            merged[key] = merged.get(key, 0.0) + float(p)
        yield from ((p, *key) for key, p in merged.items() if p > 0)

    def _edge(self, state: int, pair: Pair, number: int, action: int, outcome: Outcome) -> None:
        graph = self.graph
        clone, paid = self._taken(pair, action, outcome)
        if outcome is None and self._draws(len(graph.edges)):
            self._compare(pair, clone, action, paid)
        seen = clone.probe.seen
        assert seen is not None
        before = len(graph.states)
        after = self._node(clone, (state, number), graph.seed[state])
        if self.homes:
            self.homes[after] = int(clone.probe.unwrapped.s)  # type: ignore[attr-defined]
        p = 1.0 if outcome is None else outcome[0]
        graph.edges.append((state, number, after, p, seen.reward, paid))
        graph.cuts.append(self._cut(pair, action, outcome, seen))
        if after == before and not seen.terminated:
            self.frontier.append((after, clone))
        self.met += after != before

    def _draws(self, edges: int) -> bool:
        return edges < _TWICE // 2 or (edges < 100 * _TWICE and self.rng.random() < 1e-2)

    def _taken(
        self, pair: Pair, action: int, outcome: Outcome, *, cut: bool = False
    ) -> tuple[Pair, float]:
        """A copy after the action, and what it was paid."""
        clone = pair if self.homes else _copied(pair)
        bare: Any = clone.probe.unwrapped
        table = getattr(bare, "P", None)
        if outcome is not None:
            bare.P = {bare.s: {action: [(1.0, *outcome[1:])]}}
        clone.probe.truncation = "force" if cut else "hide"
        before = clone.probe.steps
        _, paid, _, _, _ = clone.outer.step(action)
        clone.probe.truncation = "hide"
        if (made := clone.probe.steps - before) != 1:
            raise NotTabular(f"the reward wrapper steps the env {made} times for each step")
        if outcome is not None:
            bare.P = table
        return clone, float(paid)

    def _cut(self, pair: Pair, action: int, outcome: Outcome, seen: Seen) -> float:
        """What a wrapper pays if a time limit ends the episode here."""
        wanted = self.stack is None and (self.cuts == "all" or len(self.graph.edges) % 10 == 0)
        if not wanted or seen.terminated:
            return np.nan
        return self._taken(pair, action, outcome, cut=True)[1]

    def _compare(self, pair: Pair, first: Pair, action: int, paid: float) -> None:
        """Whether another stream of random numbers changes what happens."""
        other = _copied(pair)
        bare: Any = other.probe.unwrapped
        bare.np_random = np.random.default_rng(int(self.rng.integers(2**31)))
        _, paid_too, _, _, _ = other.outer.step(action)
        one, two = first.probe.seen, other.probe.seen
        assert one is not None
        assert two is not None
        if self._key(first) != self._key(other) or one.terminated != two.terminated:
            hint = "An env that exposes P in toy-text form is solved from it"
            raise NotTabular(f"its transitions are random, and it exposes no table P. {hint}")
        if one.reward != two.reward:
            raise NotTabular("its own reward is random")
        if self.stack is None and float(paid_too) != paid:
            raise NotTabular("the audited reward is random: one step was paid two amounts")

    def _check_recurrence(self) -> None:
        """States of a continuous env do not come back: no use in listing them."""
        share = self.met / max(len(self.graph.edges), 1)
        if share < _RECURRENCE and self.frontier:
            raise NotTabular(
                f"its states hardly recur (of {len(self.graph.edges):,} steps, {share:.0%} led to "
                "a state seen before)"
            )


def key_of(pair: Pair, stack: Any, *, hidden: bool = False) -> Hashable:
    """The state's key, with the features that a stack reads, or a wrapper's hidden state.

    Raises:
        NotTabular: states cannot be told apart.
    """
    try:
        key = state_key(pair.probe)
        if hidden:
            return key, reward_state(pair.outer, pair.probe)
    except Unhashable as error:
        raise NotTabular(str(error)) from error
    if stack is None or not stack.needs:
        return key
    assert pair.probe.seen is not None
    features = pair.probe.seen.info.get("features", {})
    return key, tuple(_hashable(features.get(name)) for name in sorted(stack.needs))


def _hashable(value: Any) -> Hashable:
    if isinstance(value, str) or value is None:
        return value
    return np.asarray(value).tobytes()


def _copied(pair: Pair) -> Pair:
    try:
        return pair.copied()
    except Exception as error:  # whatever a stranger's env raises on a copy
        raise NotTabular(f"it cannot be copied ({type(error).__name__}: {error})") from error


def _features(states: list[Seen]) -> dict[str, Any]:
    """Numeric features of every state, where each has them."""
    first = states[0].info.get("features")
    if not isinstance(first, dict):
        return {}
    found = {}
    for name, value in first.items():
        if not isinstance(value, str):
            found[name] = np.array([s.info["features"][name] for s in states], dtype=float)
    return found
