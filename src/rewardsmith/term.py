"""RewardTerm: a named signal that says where it can run and what it promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from numbers import Real
from typing import Any, ClassVar, Self

import numpy as np
from gymnasium import spaces

from rewardsmith.errors import BindingError
from rewardsmith.features import FeatureSchema
from rewardsmith.language.inference import Givens, Interval
from rewardsmith.transition import Bools, Floats, Transition

State = dict[str, Any]


class Scope(StrEnum):
    """How much a term must see before it can pay."""

    STEP = "step"
    EPISODE = "episode"
    GROUP = "group"


class Guarantee(StrEnum):
    """What a term claims about the set of optimal policies; a claim that a test checks."""

    INVARIANT = "invariant"
    ASYMPTOTIC = "asymptotic"
    BIASED = "biased"
    UNKNOWN = "unknown"


MEANING = {
    Guarantee.INVARIANT: "the set of optimal policies is that of the environment's own reward",
    Guarantee.ASYMPTOTIC: "as training goes on, the optimal policies become the environment's own",
    Guarantee.BIASED: "the optimal policy may differ from the environment's own",
    Guarantee.UNKNOWN: "nothing is claimed about the optimal policy",
}


@dataclass(frozen=True)
class Learner:
    """What a term must know of who learns from it.

    Args:
        gamma: the learner's discount, in [0, 1].
        bootstraps_on_truncation: whether it values the state at a time limit (SB3 does).
        credit: `step`, `turn` or `trajectory` (GRPO-like advantages).
    """

    gamma: float = 0.99
    bootstraps_on_truncation: bool = True
    credit: str = "step"

    def __post_init__(self) -> None:
        gamma: Any = self.gamma
        plain = isinstance(gamma, Real) and not isinstance(gamma, bool)
        if not (plain and 0.0 <= gamma <= 1.0):
            raise BindingError(f"A discount gamma is a number in [0, 1]. Received {self.gamma!r}.")
        if self.credit not in ("step", "turn", "trajectory"):
            raise BindingError(
                f"A learner's credit is step, turn or trajectory. Received {self.credit!r}."
            )


@dataclass
class Clock:
    """Environment steps taken in training so far, over all slots."""

    steps: int = 0


@dataclass(frozen=True)
class Binding:
    """Where a stack runs: the features it may read, its learner and its slots.

    Args:
        schema: the environment's features.
        learner: who learns.
        num_envs: number of slots with per-episode state (envs times agents).
        place: name of the place, for errors.
        serves: the scopes that the place can serve.
        clock: the training clock that schedules read.
        observation_space, action_space: of one slot; None where the place cannot tell.
    """

    schema: FeatureSchema
    learner: Learner = field(default_factory=Learner)
    num_envs: int = 1
    place: str = "Gymnasium wrapper"
    serves: frozenset[Scope] = frozenset({Scope.STEP})
    clock: Clock = field(default_factory=Clock)
    observation_space: spaces.Space[Any] | None = None
    action_space: spaces.Space[Any] | None = None


class RewardTerm:
    """Base of all terms. Subclasses set the class attributes and write `relabel`.

    A term sees (s_t, a_t, s_{t+1}). `step` may keep per-episode state of its slots (a cached
    potential) but never learns; `update` alone learns.
    """

    term_name: ClassVar[str] = ""
    #: how a formula calls it, e.g. `"scale(T, k)"`; said by its constructor if left out
    usage: ClassVar[str] = ""
    #: of `scope` and `guarantee`, those that the terms inside it decide
    decided_by_parts: ClassVar[frozenset[str]] = frozenset()
    scope: Scope = Scope.STEP
    guarantee: Guarantee = Guarantee.UNKNOWN
    learns: bool = False
    #: whether it pays for novelty, empowerment and the like, not for the task
    intrinsic: bool = False
    #: whether it depends on what its slot saw earlier in the episode, so that a stored
    #: transition keeps the pay of the step on which it happened
    remembers: bool = False
    #: True for the environment's own reward, kept at a positive constant scale
    carries_env: bool = False
    binding: Binding

    _args: tuple[Any, ...]
    _options: dict[str, Any]

    def __new__(cls, *args: Any, **options: Any) -> Self:
        """Remember the call, so that the term can be printed as a formula."""
        self = super().__new__(cls)
        self._args, self._options = args, options
        return self

    @property
    def needs(self) -> frozenset[str]:
        """Names of the features that it reads."""
        return frozenset()

    def bind(self, binding: Binding) -> None:
        """Check the term against its place and allocate per-slot state.

        Raises:
            BindingError: if the place cannot serve it; says what to do.
        """
        self.binding = binding

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """Where each single reward lies, inferred before anything runs; None: it cannot say.

        Terms that read an expression infer it with `rewardsmith.language.inference`, which
        also reports what can go wrong in it.
        """
        return None

    def step(self, transition: Transition) -> Floats:
        """Rewards of shape (N,) for N transitions as they happen."""
        return self.relabel(transition)

    def relabel(self, transition: Transition) -> Floats:
        """Rewards of shape (N,) for stored transitions; reads and writes no slot state."""
        raise NotImplementedError(f"{type(self).__name__} must define relabel(transition)")

    def finish(self, transition: Transition) -> Floats:
        """Rewards of shape (T,) for one whole episode of T transitions, in order."""
        return self.relabel(transition)

    def finish_group(self, episodes: Sequence[Transition]) -> list[Floats]:
        """Rewards of each of several whole episodes of one task; terms of scope `group` need it."""
        return [self.finish(episode) for episode in episodes]

    def update(self, transition: Transition) -> None:
        """Learn from a batch that `step` has just seen."""

    def reset(self, mask: Bools) -> None:
        """Forget the episodes of the slots where `mask` (shape (num_envs,)) is True."""

    def state_dict(self) -> State:
        """All state, as nested dicts of arrays, numbers and strings."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave."""


def slots(transition: Transition, num_envs: int) -> Any:
    """Index of each row's slot; a full slice when rows are the slots in order."""
    if transition.env_index is not None:
        return transition.env_index
    if len(transition) != num_envs:
        raise BindingError(
            f"A transition without env_index must have one row per slot. Received "
            f"{len(transition)} rows for {num_envs} slots; set env_index, or use relabel()."
        )
    return slice(None)


def final_rows(transition: Transition, learner: Learner) -> Bools:
    """Rows whose next state has no future in the learner's eyes."""
    if learner.bootstraps_on_truncation:
        return transition.terminated
    return np.logical_or(transition.terminated, transition.truncated)
