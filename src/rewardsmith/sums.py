"""A sum of weighted terms as one term: what a gate or a transform holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

from rewardsmith.guarantees import carries_env, combine_parts
from rewardsmith.language.inference import Givens, Interval
from rewardsmith.language.inference.interval import add
from rewardsmith.language.nodes import Sum
from rewardsmith.term import Binding, Learner, RewardTerm, Scope, State
from rewardsmith.transition import Bools, Floats, Transition


class SumTerm(RewardTerm):
    """The weighted sum of `tree`'s terms."""

    def __init__(self, tree: Sum) -> None:
        from rewardsmith.build import build_entries

        self.tree = tree
        self.entries = build_entries(tree)
        order = list(Scope)
        self.scope = max((e.term.scope for e in self.entries), key=order.index)
        self.guarantee = combine_parts(self.entries)
        self.carries_env = carries_env(self.entries)
        self.learns = any(e.term.learns for e in self.entries)
        self.intrinsic = any(e.term.intrinsic for e in self.entries)
        self.remembers = any(e.term.remembers for e in self.entries)

    @property
    def needs(self) -> frozenset[str]:
        """Features that any part reads."""
        return frozenset().union(*(e.term.needs for e in self.entries))

    def bind(self, binding: Binding) -> None:
        """Bind every part."""
        super().bind(binding)
        for entry in self.entries:
            entry.term.bind(binding)

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """The sum of its parts' bounds."""
        parts = [entry.bounds(givens, learner) for entry in self.entries]
        known = [part for part in parts if part is not None]
        return reduce(add, known) if len(known) == len(parts) else None

    def step(self, transition: Transition) -> Floats:
        """The weighted sum, online."""
        return self._sum(lambda term: term.step(transition))

    def relabel(self, transition: Transition) -> Floats:
        """The weighted sum, of stored transitions."""
        return self._sum(lambda term: term.relabel(transition))

    def finish(self, transition: Transition) -> Floats:
        """The weighted sum over one whole episode."""
        return self._sum(lambda term: term.finish(transition))

    def finish_group(self, episodes: Sequence[Transition]) -> list[Floats]:
        """The weighted sums over each of several episodes of one task."""
        paid = {id(e.term): e.term.finish_group(episodes) for e in self.entries}

        def of_episode(i: int) -> Floats:
            return self._sum(lambda term: paid[id(term)][i])

        return [of_episode(i) for i in range(len(episodes))]

    def update(self, transition: Transition) -> None:
        """Let every part learn."""
        for entry in self.entries:
            entry.term.update(transition)

    def reset(self, mask: Bools) -> None:
        """Forget the episodes of these slots in every part."""
        for entry in self.entries:
            entry.term.reset(mask)

    def state_dict(self) -> State:
        """State of every part by name."""
        return {e.name: e.term.state_dict() for e in self.entries}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the state of every part."""
        for entry in self.entries:
            entry.term.load_state_dict(state.get(entry.name, {}))

    def _sum(self, pay: Callable[[RewardTerm], Floats]) -> Floats:
        clock = self.binding.clock.steps
        total: Any = 0.0
        for entry in self.entries:
            total = total + pay(entry.term) * entry.weight_at(clock)
        return total  # type: ignore[no-any-return]  # an array after the first of >= 1 entries
