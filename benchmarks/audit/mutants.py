"""Mutants of our own potential shaping: each breaks one line of `Potential`; the audit must see it.

They are registered as terms of their own while `registered` is open, and audited end to end, as a
formula and again as a stranger's wrapper around the env.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from rewardsmith import registry
from rewardsmith.rewards.audit import AuditResult, audit
from rewardsmith.rewards.potential import Potential
from rewardsmith.stack import RewardStack
from rewardsmith.term import Binding, Learner, final_rows
from rewardsmith.transition import Bools, Floats, Transition
from rewardsmith.wrappers.gymnasium_env import RewardWrapper

GAMMA = 0.95
ENV = "rewardsmith/TerminalPotential-v0"
#: 1 at the start and higher at both ends, so that nothing cancels
PHI = "1 + 0.25*distance_to_pit**1.5"


class Original(Potential):
    """Nothing is broken."""


class Negated(Potential):
    """Phi(s) - gamma*Phi(s'): the shaping of -Phi, which is sound."""

    def step(self, transition: Transition) -> Floats:
        """What is paid."""
        return -super().step(transition)

    def relabel(self, transition: Transition) -> Floats:
        """The same for any batch."""
        return -super().relabel(transition)


class KeptAtTheEnd(Potential):
    """Phi is not set to 0 at termination."""

    def _arrival(self, transition: Transition) -> Floats:
        return self._scale() * self._next(transition)


class ZeroedAtTimeouts(Potential):
    """Phi is set to 0 at a time limit, though the learner bootstraps."""

    def _arrival(self, transition: Transition) -> Floats:
        final = final_rows(transition, Learner(bootstraps_on_truncation=False))
        return np.where(final, 0.0, self._scale() * self._next(transition))


class ZeroedElsewhere(Potential):
    """Phi is 0 everywhere but at the ends."""

    def _arrival(self, transition: Transition) -> Floats:
        final = final_rows(transition, self.binding.learner)
        return np.where(final, self._next(transition), 0.0)


class Undiscounted(Potential):
    """Phi(s') - Phi(s)."""

    def bind(self, binding: Binding) -> None:
        """Set the discount."""
        super().bind(binding)
        self._discount = 1.0


class DiscountedTwice(Potential):
    """gamma**2 * Phi(s') - Phi(s)."""

    def bind(self, binding: Binding) -> None:
        """Set the discount."""
        super().bind(binding)
        self._discount = binding.learner.gamma**2


class _Apart(Potential):
    """Pays `_paid` of the two potentials; caches as it should."""

    def _paid(self, before: Floats, after: Floats) -> Floats:
        raise NotImplementedError

    def step(self, transition: Transition) -> Floats:
        """What is paid."""
        before = self._cache.copy() if self._known.all() else self._now(transition)
        paid = super().step(transition)
        return self._paid(before, (paid + before) / self._discount)

    def relabel(self, transition: Transition) -> Floats:
        """The same for any batch."""
        return self._paid(self._now(transition), self._arrival(transition))


class WrongTermDiscounted(_Apart):
    """Phi(s') - gamma*Phi(s)."""

    def _paid(self, before: Floats, after: Floats) -> Floats:
        return after - self._discount * before


class SumForDifference(_Apart):
    """gamma*Phi(s') + Phi(s)."""

    def _paid(self, before: Floats, after: Floats) -> Floats:
        return self._discount * after + before


class NothingSubtracted(_Apart):
    """gamma*Phi(s')."""

    def _paid(self, before: Floats, after: Floats) -> Floats:
        return self._discount * after


class OneSided(_Apart):
    """max(0, gamma*Phi(s') - Phi(s))."""

    def _paid(self, before: Floats, after: Floats) -> Floats:
        return np.maximum(0.0, self._discount * after - before)


class Clipped(_Apart):
    """The difference is cut to [-.6, .6]."""

    def _paid(self, before: Floats, after: Floats) -> Floats:
        return np.clip(self._discount * after - before, -0.6, 0.6)


class SameStateTwice(_Apart):
    """gamma*Phi(s') - Phi(s'): the cache is written before it is read."""

    def _paid(self, before: Floats, after: Floats) -> Floats:
        return self._discount * after - after


class NeverReset(Potential):
    """The first step of an episode subtracts the last state of the one before."""

    def reset(self, mask: Bools) -> None:
        """Forget nothing."""


class NeverCached(Potential):
    """Phi of the first state is subtracted all along."""

    def step(self, transition: Transition) -> Floats:
        """What is paid."""
        known, first = self._known.copy(), self._cache.copy()
        before = np.where(known, first, self._now(transition))
        paid = super().step(transition)
        now = np.where(known, first, self._now(transition))
        arrived = (paid + now) / self._discount
        self._cache[:] = before
        return self._discount * arrived - before


#: which must not be called INVARIANT
FAULTY: tuple[type[Potential], ...] = (
    KeptAtTheEnd, ZeroedAtTimeouts, ZeroedElsewhere, Undiscounted, DiscountedTwice,
    WrongTermDiscounted, SumForDifference, NothingSubtracted, OneSided, Clipped, SameStateTwice,
    NeverReset, NeverCached,
)  # fmt: skip
#: which must
SOUND: tuple[type[Potential], ...] = (Original, Negated)


@contextmanager
def registered(mutant: type[Potential]) -> Iterator[str]:
    """The formula of a mutant, while its name is known."""
    name = f"mutant_{mutant.__name__.lower()}"
    registry.register_term(name)(mutant)
    try:
        yield f"env + {name}({PHI})"
    finally:
        registry._terms.pop(name, None)  # there is no public way to forget a term


def as_wrapper(formula: str) -> Callable[[Any], Any]:
    """The same reward as a function from env to env, of which the audit knows nothing."""

    def reward(env: Any) -> Any:
        return RewardWrapper(env, RewardStack.parse(formula), gamma=GAMMA, training=False)

    return reward


def audited(mutant: type[Potential], *, wrapped: bool) -> AuditResult:
    """The audit of one mutant."""
    with registered(mutant) as formula:
        reward = as_wrapper(formula) if wrapped else formula
        return audit(ENV, reward=reward, gamma=GAMMA, episodes=16)
