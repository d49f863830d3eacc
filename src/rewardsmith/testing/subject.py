"""The term or stack under test, and how its copies are made and run."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from rewardsmith.features import FeatureSchema
from rewardsmith.language.nodes import Sum
from rewardsmith.stack import RewardOutput, RewardStack
from rewardsmith.term import Binding, Learner, RewardTerm, Scope
from rewardsmith.testing.report import Unchecked
from rewardsmith.transition import Floats, Transition

TOLERANCE = 1e-8
#: of intrinsic terms, whose networks add in float32, in an order that depends on how many rows
#: they read at once
ROUGH = 1e-4


@dataclass(frozen=True)
class Spaces:
    """The spaces that the place tells; None if it tells none."""

    observation: Any = None
    action: Any = None


class Subject:
    """A term or stack; every rule works on a bound copy of its own, never on the original."""

    def __init__(
        self,
        given: RewardTerm | RewardStack,
        schema: FeatureSchema,
        learner: Learner,
        spaces: Spaces = Spaces(),  # frozen
    ) -> None:
        self.given, self.schema, self.learner, self.spaces = given, schema, learner, spaces
        self.is_stack = isinstance(given, RewardStack)
        self.scope = given.scope
        #: a bare term of wider scope pays only through `finish`
        self.whole = not self.is_stack and self.scope is not Scope.STEP
        #: it pays by the episode so far, so that single stored steps cannot be paid anew
        self.remembers = (
            any(e.term.remembers for e in given.entries)
            if isinstance(given, RewardStack)
            else given.remembers
        )
        own = [e.term for e in given.entries] if isinstance(given, RewardStack) else [given]
        #: how far two ways to be paid may be apart
        self.tolerance = ROUGH if any(term.intrinsic for term in own) else TOLERANCE
        self.label = given.formula if isinstance(given, RewardStack) else _label(given)

    def fresh(self, num_envs: int = 1, schema: FeatureSchema | None = None) -> Any:
        """A bound copy with no history of its own."""
        clone = self._copied()
        binding = Binding(
            schema=self.schema if schema is None else schema,
            learner=self.learner,
            num_envs=num_envs,
            place="contract test",
            serves=frozenset(Scope),
            observation_space=self.spaces.observation,
            action_space=self.spaces.action,
        )
        clone.bind(binding)
        return clone

    def beside(self, other: RewardTerm | RewardStack) -> Subject:
        """Another term or stack in the same place."""
        return Subject(other, self.schema, self.learner, self.spaces)

    def stack(self) -> RewardStack:
        """The subject as an unbound stack; raises `Unchecked` if its class has no name."""
        if isinstance(self.given, RewardStack):
            return RewardStack.parse(self.given)
        if not self.given.term_name:
            raise Unchecked(
                f"{type(self.given).__name__} has no registered name, so no stack can hold it. "
                "Decorate it with @rewardsmith.register_term('name')."
            )
        return RewardStack({self.given.term_name: self._copied()})

    @property
    def tree(self) -> Sum | None:
        """The tree of the subject, if it has one."""
        try:
            return self.stack().tree
        except Unchecked:
            return None

    def _copied(self) -> Any:
        if isinstance(self.given, RewardStack) and self.given.binding is None:
            return RewardStack.parse(self.given)
        try:
            return copy.deepcopy(self.given)
        except Exception as error:
            raise Unchecked(
                f"Every rule needs copies, and copy.deepcopy raised {type(error).__name__}: "
                f"{error}. Define __deepcopy__, or build handles to files and devices in bind()."
            ) from error


def _label(term: RewardTerm) -> str:
    return term.term_name or type(term).__name__


def paid(copy_: Any, method: str, transition: Transition) -> Floats:
    """What `step`, `relabel` or `finish` pays in all; a stack's total, a term's own array."""
    result = getattr(copy_, method)(transition)
    return result.total if isinstance(result, RewardOutput) else result


def rows(transition: Transition) -> Iterator[Transition]:
    """The rows of an episode, one transition of N = 1 each."""
    for i in range(len(transition)):
        yield transition.select(slice(i, i + 1))


def play(copy_: Any, episode: Transition, *, learn: bool = False) -> Floats:
    """Feed one slot an episode step by step; resets it where the episode ends."""
    values = []
    for row in rows(episode):
        values.append(np.asarray(paid(copy_, "step", row), dtype=np.float64)[0])
        if learn:
            copy_.update(row)
        if row.terminated[0] or row.truncated[0]:
            copy_.reset(np.ones(1, dtype=bool))
    return np.array(values)


def same(a: Any, b: Any) -> bool:
    """Whether nested states, arrays or transitions hold the same bits."""
    return _alike(a, b, tolerance=0.0)


def nearly_same(a: Any, b: Any) -> bool:
    """As `same`, but for rounding: a solver that starts anew may end in another last bit."""
    return _alike(a, b, tolerance=TOLERANCE)


def _alike(a: Any, b: Any, tolerance: float) -> bool:
    if isinstance(a, Transition):
        return all(_alike(getattr(a, f.name), getattr(b, f.name), tolerance) for f in fields(a))
    if isinstance(a, Mapping):
        if not isinstance(b, Mapping) or a.keys() != b.keys():
            return False
        return all(_alike(a[k], b[k], tolerance) for k in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(_alike(x, y, tolerance) for x, y in zip(a, b, strict=True))
    if a is None or b is None:
        return a is b
    return _arrays_alike(np.asarray(a), np.asarray(b), tolerance)


def _arrays_alike(a: Any, b: Any, tolerance: float) -> bool:
    if a.shape != b.shape:
        return False
    if a.dtype.kind == "f" and b.dtype.kind == "f":
        return bool(np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True))
    return bool(np.array_equal(a, b))


def close(a: Floats, b: Floats, tolerance: float = TOLERANCE) -> bool:
    """Whether two arrays of rewards agree to `tolerance`, relative to their size."""
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=tolerance, atol=tolerance))
