"""Find every state of an env by breadth-first search, and what each reward pays on each edge."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from gymnasium import spaces

from rewardsmith.rewards.audit import given
from rewardsmith.rewards.audit.attributes import Place, captured_env, outside
from rewardsmith.rewards.audit.dice import env_dice, global_dice
from rewardsmith.rewards.audit.keys import key_of
from rewardsmith.rewards.audit.probe import Seen
from rewardsmith.rewards.audit.recall import Recall
from rewardsmith.rewards.audit.states import has_table, plain_table
from rewardsmith.rewards.audit.subject import Pair, Subject
from rewardsmith.rewards.audit.table import Table
from rewardsmith.rewards.audit.trust import (
    DRAWS,
    NotTabular,
    check_outcome,
    check_passed_on,
    check_state,
    stand,
)

#: (probability, next state, reward, terminated) of a toy-text table, or None: step as it is
Outcome = tuple[float, int, float, bool] | None
#: give up if fewer than this share of edges leads to a known state after so many expansions
_RECURRENCE, _TRIAL = 0.2, 400
#: edges of a table beyond which to give up
_MOST_EDGES = 2_000_000


@dataclass
class Graph:
    """What a search has found, edge by edge; `table` makes arrays of it."""

    actions: int
    by_obs: bool = False
    index: dict[Hashable, int] = field(default_factory=dict)
    states: list[Seen] = field(default_factory=list)
    terminal: list[bool] = field(default_factory=list)
    parent: list[tuple[int, int]] = field(default_factory=list)
    seed: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    edges: list[tuple[int, int, int, float, float, float]] = field(default_factory=list)
    #: audited reward of each edge if a time limit ended the episode on it; NaN: not looked at
    cuts: list[float] = field(default_factory=list)
    #: of a stranger's wrapper: what its attributes were at each state, and whether that matters
    recall: Recall = field(default_factory=Recall)

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
    keep: frozenset[Place] = frozenset(),
    by_obs: bool = False,
) -> Graph:
    """Expand every state by every action.

    Args:
        subject: env and reward; a stack is not run here (its terms are asked about all edges at
            once later), a wrapper class is.
        seeds: one first state each.
        max_states: give up beyond.
        keep: attributes of the wrapper that count as part of the state.
        by_obs: whether the observation does, because the reward may read it.

    Raises:
        NotTabular: says why.
    """
    return Search(subject, max_states, keep, by_obs).run(seeds)


class Search:
    """One search: what is known of the env so far, and what is still to be expanded."""

    def __init__(
        self, subject: Subject, max_states: int, keep: frozenset[Place], by_obs: bool
    ) -> None:
        self.subject, self.max_states = subject, max_states
        self.keep, self.by_obs = keep, by_obs
        self.stack = subject.stack
        pair = self._pair()
        space = pair.probe.action_space
        if not isinstance(space, spaces.Discrete):
            told = "Text" if isinstance(space, spaces.Text) else space  # not its characters
            raise NotTabular(f"its actions are {told}, and a table needs Discrete ones")
        if space.n > _MOST_EDGES:
            raise NotTabular(f"it has {space.n:,} actions")
        self.actions = [int(space.start) + i for i in range(int(space.n))]
        self.graph = Graph(len(self.actions), by_obs)
        self.frontier: deque[tuple[int, Pair]] = deque()
        self.met = 0
        self.tabled = False
        self.outside: dict[str, Hashable] = {}
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
        """Expand all that can be reached from the seeds' first states."""
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
            if len(self.graph.edges) > _MOST_EDGES:
                raise NotTabular(f"it has more than {_MOST_EDGES:,} transitions")
        if not self.graph.edges:
            raise NotTabular("no state could be left")
        self._look_back()
        return self.graph

    def _look_back(self) -> None:
        """Whether the reward remembers: outside of itself, or in its attributes."""
        pair = self._pair()
        changed = sorted(k for k, v in outside(pair).items() if self.outside.get(k, v) != v)
        pair.outer.close()
        if changed:
            raise NotTabular(f"something is kept where copies share it: {', '.join(changed)}")
        if self.stack is None:
            self.graph.recall.judge(self, self.graph.edges)

    def _begin(self, seed: int) -> None:
        pair = self._pair()
        self._look_inside(pair)
        pair.outer.reset(seed=seed)
        check_state(pair.probe)
        pair.probe.truncation = "hide"
        self.tabled = has_table(pair.probe)
        before = len(self.graph.states)
        state = self._node(pair, (-1, -1), seed)
        self.graph.starts.append(state)
        if self.stack is not None and self.tabled and plain_table(pair.probe):
            self.homes[state] = int(pair.probe.unwrapped.s)  # type: ignore[attr-defined]
        if state == before:
            self.frontier.append((state, pair))

    def _look_inside(self, pair: Pair) -> None:
        """Note how the env stands right after its own step, and what copies would share."""
        if name := captured_env(pair):
            raise NotTabular(f"the reward holds an env of its own ({name}), which no copy replaces")
        if not self.outside:
            self.outside = outside(pair)
        if self.stack is None:
            pair.probe.note = stand

    def _node(self, pair: Pair, parent: tuple[int, int], seed: int) -> int:
        assert pair.probe.seen is not None
        state = self.graph.node(self._key(pair), pair.probe.seen, parent, seed)
        if self.stack is None:
            self.graph.recall.arrive(state, pair)
        return state

    def _key(self, pair: Pair) -> Hashable:
        return key_of(pair, self.stack, keep=self.keep, by_obs=self.by_obs)

    def _expand(self, state: int, pair: Pair) -> None:
        home, bare, shared = self.homes.get(state), pair.probe.unwrapped, global_dice()
        for number, action in enumerate(self.actions):
            if home is not None:
                bare.s = home  # type: ignore[attr-defined]
            for outcome in list(self.outcomes(pair, action)):
                if home is not None:
                    bare.s = home  # type: ignore[attr-defined]
                self._edge(state, pair, number, action, outcome)
        if global_dice() != shared:
            raise NotTabular(
                "a step draws from a global random generator",
                None if self.stack is not None else DRAWS,
            )
        if self.stack is None and self.graph.recall.samples(state, pair):
            return
        if home is None:
            pair.outer.close()

    def outcomes(self, pair: Pair, action: int) -> Iterator[Outcome]:
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
        clone, paid = self.taken(pair, action, outcome)
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

    def taken(
        self, pair: Pair, action: int, outcome: Outcome, *, cut: bool = False
    ) -> tuple[Pair, float]:
        """A copy after the action, and what it was paid.

        Raises:
            NotTabular: something was drawn, or the step is not what it is said to be.
        """
        clone = pair if self.homes else _copied(pair)
        probe, bare = clone.probe, clone.probe.unwrapped
        table, steps = getattr(bare, "P", None), probe.steps
        if outcome is not None:
            bare.P = {bare.s: {action: [(1.0, *outcome[1:])]}}  # type: ignore[attr-defined]
        probe.truncation = "force" if cut else "hide"
        own = () if outcome is not None else env_dice(probe.env)
        try:
            _, paid, *told, _ = clone.outer.step(action)
        except KeyError as error:
            if outcome is None:
                raise
            raise NotTabular("a wrapper changes the actions of an env that has a table") from error
        probe.truncation = "hide"
        if outcome is not None:
            bare.P = table  # type: ignore[attr-defined]
            check_outcome(probe, outcome)
        elif env_dice(probe.env) != own:
            hint = "An env that exposes P in toy-text form is solved from it"
            raise NotTabular(f"its step draws random numbers, and it exposes no table P. {hint}")
        check_passed_on(clone, action, told, probe.steps - steps, cut)
        return clone, given.number(paid, "A step of the reward wrapper")

    def arrived(self, pair: Pair) -> int:
        """The state's number; -1 for one that the search has not met."""
        assert pair.probe.seen is not None
        return self.graph.index.get((pair.probe.seen.terminated, self._key(pair)), -1)

    def _cut(self, pair: Pair, action: int, outcome: Outcome, seen: Seen) -> float:
        """What a wrapper pays if a time limit ends the episode here."""
        if self.stack is not None or seen.terminated:
            return np.nan
        return self.taken(pair, action, outcome, cut=True)[1]

    def _check_recurrence(self) -> None:
        """States of a continuous env do not come back: no use in listing them."""
        share = self.met / max(len(self.graph.edges), 1)
        if share < _RECURRENCE and self.frontier:
            raise NotTabular(
                f"its states hardly recur (of {len(self.graph.edges):,} steps, {share:.0%} led to "
                "a state seen before)"
            )


def _copied(pair: Pair) -> Pair:
    try:
        clone = pair.copied()
    except Exception as error:  # whatever a stranger's env raises on a copy
        raise NotTabular(f"it cannot be copied ({type(error).__name__}: {error})") from error
    if clone.probe is pair.probe or clone.probe.unwrapped is pair.probe.unwrapped:
        raise NotTabular("copying it gives the same env again")
    return clone


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
