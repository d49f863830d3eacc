"""RewardStack: named terms, weighted and scheduled, summed; the env's own reward kept apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from rewardsmith import language
from rewardsmith.build import Entry, build_entries, to_tree
from rewardsmith.errors import BindingError, ConfigError
from rewardsmith.guarantees import combine
from rewardsmith.language.nodes import Sum
from rewardsmith.nonfinite import Repair, formulas
from rewardsmith.placing import fitting, no_path, placed, read_file, roomy, told_in
from rewardsmith.remembered import kept_pay
from rewardsmith.scopes import check_scope
from rewardsmith.storage import load_state, save_state
from rewardsmith.term import Binding, Clock, Guarantee, RewardTerm, Scope, State
from rewardsmith.transition import Bools, Floats, Transition
from rewardsmith.valid import spread, valid_rows


@dataclass(slots=True)
class RewardOutput:
    """What a stack pays for N transitions.

    Args:
        total: shape (N,), the sum of `terms`.
        terms: name -> weighted values of shape (N,).
        remembered: of `step`, name -> values without the weight, of terms that remember.
    """

    total: Floats
    terms: dict[str, Floats]
    remembered: dict[str, Floats] = field(default_factory=dict)


class RewardStack:
    """A reward: build it with `RewardStack.parse`, `bind` it to a place, then `step`.

    >>> stack = RewardStack.parse("env + 0.5*potential(has_key)")
    >>> stack.formula, str(stack.guarantee), str(stack.scope)
    ('env + 0.5*potential(has_key)', 'invariant', 'step')
    """

    def __init__(self, terms: Sum | Mapping[str, RewardTerm], *, source: str = "") -> None:
        self.tree: Sum = terms if isinstance(terms, Sum) else to_tree(terms)
        self.source = source
        made = None if isinstance(terms, Sum) else list(terms.values())
        with placed(source):
            self.entries: tuple[Entry, ...] = build_entries(self.tree, made)
        self.clock = Clock()
        self.binding: Binding | None = None
        self._repair = Repair()

    # --- what it says of itself ---------------------------------------------------------

    @classmethod
    def parse(cls, source: Any, *, where: str = "") -> RewardStack:
        """Read a formula, functions, a file's path, a mapping (YAML's data), a tree or a term.

        A string that ends in .yaml, .yml or .py is a path; one with a line that begins with
        `def` is a program (see `rewardsmith.language.parse_program`); any other is a formula.
        The file of a program is read as text and never imported.

        Args:
            source: the reward.
            where: the file that a mapping comes from, put before every error message.

        Raises:
            LanguageError: not in the language, with its place.
            ConfigError: a file or mapping that is no reward, a term that cannot be built.
        """
        if isinstance(source, RewardStack):
            return cls(source.tree, source=source.source)
        if isinstance(source, RewardTerm):
            return cls({source.term_name: source})
        if isinstance(source, Sum):
            return cls(source)
        if isinstance(source, str):
            source = source.removeprefix("\ufeff")
        if isinstance(source, str | Path) and str(source).endswith(".py"):
            text = language.dedented(read_file(Path(source)))
            tree = language.parse_program(text, source_name=str(source))
            with told_in(str(source)):
                return cls(tree, source=text)
        if isinstance(source, str) and language.is_program(source):
            source = language.dedented(source)
            return cls(language.parse_program(source), source=source)
        if isinstance(source, str) and not source.endswith((".yaml", ".yml")):
            with no_path(source):
                return cls(language.parse_reward(source), source=source)
        if isinstance(source, str | Path):
            where = str(source)
            tree = language.reward_from_yaml(read_file(Path(source)), source_name=where)
        else:
            tree = language.reward_from_data(source, source_name=where)
        with told_in(where):
            return cls(tree, source=language.format_reward(tree))

    @property
    def formula(self) -> str:
        """The stack as one formula; `RewardStack.parse(stack.formula)` gives it back."""
        return language.format_reward(self.tree)

    def to_yaml(self) -> str:
        """The stack in YAML's spelling."""
        return language.reward_to_yaml(self.tree)

    @property
    def hash(self) -> str:
        """SHA-256 of the tree: equal for every spelling of one reward."""
        return language.tree_hash(self.tree)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the terms, in order."""
        return tuple(e.name for e in self.entries)

    @cached_property
    def needs(self) -> frozenset[str]:
        """Names of the features that any term reads."""
        return frozenset().union(*(e.term.needs for e in self.entries))

    @property
    def scope(self) -> Scope:
        """The widest scope of its terms."""
        order = list(Scope)
        return max((e.term.scope for e in self.entries), key=order.index)

    @property
    def guarantee(self) -> Guarantee:
        """What the whole promises: the weakest of its terms' claims under their weights."""
        return combine(self.entries)

    @property
    def num_envs(self) -> int:
        """Number of slots it was bound to."""
        return self._bound().num_envs

    def __repr__(self) -> str:
        return f"RewardStack({self.formula!r}, guarantee={self.guarantee.value})"

    # --- running ------------------------------------------------------------------------

    def bind(self, binding: Binding, *, on_nan: str = "raise") -> RewardStack:
        """Check every term against the place and allocate state; returns the stack itself.

        Args:
            binding: features, learner, slots and place; its clock is replaced by the stack's.
            on_nan: what a NaN or infinite value of a term becomes: `raise`, `zero` or `last`
                (the last finite value of that term in that slot). Where all terms are finite
                and their sum overflows, `zero` and `last` replace every term of that row.

        Raises:
            BindingError: a feature that the env lacks, a scope that the place cannot serve.
        """
        self.binding = replace(binding, clock=self.clock)
        self._repair = Repair(on_nan, binding.num_envs, formulas(self.names, self.tree))
        for entry in self.entries:
            check_scope(entry, self.binding)
            with placed(self.source), roomy(entry.name):
                entry.term.bind(self.binding)
        for name in sorted(self.needs):
            binding.schema[name]  # raises with the near misses
        return self

    def step(self, transition: Transition) -> RewardOutput:
        """Pay N transitions as they happen; episode-scope terms pay 0 until `finish`.

        Rows that are no transition (`valid` False) are paid 0.
        """
        if transition.valid is not None and not transition.valid.all():
            return self._step_valid(transition)
        return self._pay(transition, lambda term: term.step, online=True)

    def relabel(self, transition: Transition) -> RewardOutput:
        """Pay stored transitions as of now; reads and writes no per-slot state.

        A term that `remembers` keeps `transition.remembered`, under its weight of now.

        Raises:
            BindingError: a term remembers, and nobody kept what it paid.
        """
        return self._pay(transition, lambda term: term.relabel, online=False)

    def finish(self, transition: Transition) -> RewardOutput:
        """Pay one whole episode of T transitions in order, episode-scope terms included."""
        return self._pay(transition, lambda term: term.finish, online=False, whole=True)

    def finish_group(
        self, episodes: Sequence[Transition], *, deferred_only: bool = False
    ) -> list[RewardOutput]:
        """Pay several whole episodes of one task, terms of episode and group scope included.

        Args:
            episodes: of T_i transitions each, in order.
            deferred_only: pay 0 for terms of scope `step`, which `step` has paid already.
        """
        with np.errstate(all="ignore"):
            paid = {
                id(e.term): [np.zeros(len(episode)) for episode in episodes]
                if deferred_only and not e.deferred
                else e.term.finish_group(episodes)
                for e in self.entries
            }

        def of_episode(i: int) -> RewardOutput:
            def method(term: RewardTerm) -> Callable[[Transition], Floats]:
                return lambda _: paid[id(term)][i]

            return self._pay(episodes[i], method, online=False, whole=True)

        return [of_episode(i) for i in range(len(episodes))]

    def update(self, transition: Transition) -> None:
        """Learn from a batch that `step` has just seen, and advance the training clock."""
        valid = transition.valid
        if valid is not None and not valid.all():
            if not valid.any():
                return
            transition = valid_rows(transition, valid)
        for entry in self.entries:
            entry.term.update(transition)
        self.clock.steps += len(transition)

    def reset(self, mask: Bools | None = None) -> None:
        """New episodes begin in the slots where `mask` (shape (num_envs,)) is True; None: all."""
        chosen = np.ones(self.num_envs, dtype=bool) if mask is None else mask
        for entry in self.entries:
            entry.term.reset(chosen)

    def _step_valid(self, transition: Transition) -> RewardOutput:
        valid = transition.valid
        assert valid is not None
        n = len(transition)
        if not valid.any():
            zeros = np.zeros(n)
            kept = {e.name: zeros for e in self.entries if e.term.remembers}
            return RewardOutput(zeros, {e.name: zeros for e in self.entries}, kept)
        paid = self.step(valid_rows(transition, valid))
        terms, kept = (
            {k: spread(v, valid) for k, v in found.items()}
            for found in (paid.terms, paid.remembered)
        )
        return RewardOutput(spread(paid.total, valid), terms, kept)

    def _pay(
        self,
        transition: Transition,
        method: Callable[[RewardTerm], Callable[[Transition], Floats]],
        *,
        online: bool,
        whole: bool = False,
    ) -> RewardOutput:
        clock = self.clock.steps
        terms: dict[str, Floats] = {}
        remembered: dict[str, Floats] = {}
        total: Any = 0.0
        # NaN and infinity are looked for below; NumPy's own warnings would come in their place.
        with np.errstate(all="ignore"):
            for entry in self.entries:
                if entry.deferred and not whole:
                    values = np.zeros(len(transition))
                elif entry.term.remembers and not (online or whole):
                    values = kept_pay(entry.name, self._repair.formulas[entry.name], transition)
                else:
                    values = method(entry.term)(transition)
                if online and entry.term.remembers:
                    remembered[entry.name] = values
                weight = entry.weight_at(clock)
                if weight != 1.0:
                    values = values * weight
                terms[entry.name] = values
                total = total + values
            # One look at the sum finds any NaN or infinity: none of them can cancel out.
            finite = np.isfinite(np.add.reduce(total))
        if not finite:
            terms = self._repair(terms, transition, clock, online)
            total = np.sum(list(terms.values()), axis=0)
        elif online and self._repair.remembers:
            self._repair.remember(terms, transition)
        return RewardOutput(total, terms, remembered)

    # --- state --------------------------------------------------------------------------

    def state_dict(self) -> State:
        """All state of the stack: clock, and each term's."""
        terms = {e.name: e.term.state_dict() for e in self.entries}
        return {"hash": self.hash, "env_steps": self.clock.steps, "terms": terms}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over a saved state.

        Raises:
            ConfigError: if it was saved by another reward, or parts of it are missing.
        """
        with fitting("the reward"):
            saved, steps, terms = state["hash"], int(state["env_steps"]), dict(state["terms"])
        if saved != self.hash:
            raise ConfigError(
                f"A saved state fits only the reward that saved it. Received the state of "
                f"{str(saved)[:12]}, this reward is {self.hash[:12]} ({self.formula}). "
                "Load it into a stack with the same formula."
            )
        self.clock.steps = steps
        for entry in self.entries:
            with fitting(f"the term {entry.name!r}"):
                entry.term.load_state_dict(terms.get(entry.name, {}))

    def save(self, path: str | Path) -> None:
        """Write the state atomically: a reader sees the old file or the new one, whole."""
        save_state(Path(path), self.state_dict())

    def load(self, path: str | Path) -> None:
        """Read what `save` wrote."""
        self.load_state_dict(load_state(Path(path)))

    def _bound(self) -> Binding:
        if self.binding is None:
            raise BindingError("A stack runs only after bind(). Call stack.bind(Binding(...)).")
        return self.binding
