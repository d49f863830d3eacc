"""Potential-based intrinsic motivation: what was paid is taken back where the episode ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rewardsmith import checks
from rewardsmith.errors import BindingError, ConfigError
from rewardsmith.registry import register_term
from rewardsmith.rewards.transforms import Transform
from rewardsmith.term import Binding, Guarantee, Scope, State, final_rows, slots
from rewardsmith.transition import Bools, Floats, Transition


class Repaid(Transform):
    """Base: F' = gamma*Phi(h') - Phi(h), a potential of the history, 0 where the episode ends.

    Ng et al. 1999 as extended to potentials of the whole history by Forbes et al. 2024 (arXiv
    2402.07411): discounted sums of F' over a terminated episode are exactly 0, for
    any term inside, learned ones included. At a truncation where the learner bootstraps, nothing
    is taken back: its value of the last state holds the debt.
    """

    guarantee: Guarantee = Guarantee.INVARIANT
    remembers = True

    def __init__(self, child: Any) -> None:
        super().__init__(child)
        self.remembers = True
        self.carries_env = False
        if self.scope is not Scope.STEP:
            raise ConfigError(
                f"{self.term_name} takes back what was paid step by step. Received a term of scope "
                f"{self.scope.value!r}; put the gate around it, as in outcome(c, "
                f"{self.term_name}(T))."
            )

    def bind(self, binding: Binding) -> None:
        """Check the discount, which what is owed is divided by."""
        super().bind(binding)
        self.gamma = binding.learner.gamma
        if self.gamma == 0.0:
            raise BindingError(
                f"{self.term_name} divides by the discount of the learner. Received gamma=0; a "
                "learner that looks one step ahead has nothing to be paid back."
            )

    def relabel(self, transition: Transition) -> Floats:
        """Cannot be: what is owed depends on the episode so far."""
        raise BindingError(
            f"{self.term_name} depends on the whole episode so far, so single stored steps cannot "
            "be paid anew. Use a replay buffer of rewardsmith.wrappers, which keeps its pay."
        )

    def finish(self, transition: Transition) -> Floats:
        """Rewards over one whole episode, beside whatever its slots are in."""
        kept, paid = self.state_dict(), np.zeros(len(transition))
        first = np.zeros(self.binding.num_envs, dtype=bool)
        first[0] = True
        self._forget(first)
        values = self.child.finish(transition)
        for i in range(len(transition)):
            row = transition.select(slice(i, i + 1))
            row.env_index = np.zeros(1, dtype=np.int64)
            paid[i] = self._pay(values[i : i + 1], row)[0]
        self._restore(kept)
        return paid

    def step(self, transition: Transition) -> Floats:
        """The child's values, less what falls due."""
        return self._pay(self.child.step(transition), transition)

    def reset(self, mask: Bools) -> None:
        """Nothing is owed when an episode begins."""
        super().reset(mask)
        self._forget(mask)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the child's state and, of as many slots, what is owed."""
        super().load_state_dict(state)
        self._restore(state)

    def _pay(self, values: Floats, transition: Transition) -> Floats:
        raise NotImplementedError

    def _forget(self, mask: Bools) -> None:
        raise NotImplementedError

    def _restore(self, state: Mapping[str, Any]) -> None:
        raise NotImplementedError


@register_term("pbim")
class PBIM(Repaid):
    """Pays the child, and takes all of it back, with interest, on the episode's last step.

    Forbes et al. 2024 (arXiv 2402.07411): Phi(h_t) = sum_{i<t} gamma^(i-t) F_i, so
    F'_t = F_t before the end and -Phi(h_{N-1}) there. Any reward (-inf, inf).

    What is taken back grows as gamma^-T: at gamma .99 the pay of the first step comes back 37
    times as large after 360 steps and 2.3e4 times after 1,000. Use `grm` for long episodes.

    Args:
        child: any term of scope `step`.
        limit: the largest sum that may be owed; beyond it the term is refused while it runs.
    """

    def __init__(self, child: Any, *, limit: float = 1e6) -> None:
        super().__init__(child)
        self.limit = checks.number("limit of pbim", limit, above=0, write="limit=1e6")

    def bind(self, binding: Binding) -> None:
        """One debt per slot."""
        super().bind(binding)
        self._owed = np.zeros(binding.num_envs)

    def state_dict(self) -> State:
        """The child's state and the debts."""
        return {**super().state_dict(), "owed": self._owed.copy()}

    def _pay(self, values: Floats, transition: Transition) -> Floats:
        rows = slots(transition, self.binding.num_envs)
        owed = self._owed[rows]
        final = final_rows(transition, self.binding.learner)
        after = (owed + values) / self.gamma
        if (np.abs(after) > self.limit).any():
            raise ConfigError(
                f"pbim takes back at most limit={self.limit:g} at an episode's end. Received a "
                f"debt of {np.abs(after).max():.3g}: it grows as gamma^-T (gamma={self.gamma:g}). "
                "Use grm(T, delay=...), a larger gamma, or shorter episodes."
            )
        # Before the debts are written: `owed` may be a view of them.
        paid: Floats = np.where(final, -owed, values)
        self._owed[rows] = np.where(final, 0.0, after)
        return paid

    def _forget(self, mask: Bools) -> None:
        self._owed[mask] = 0.0

    def _restore(self, state: Mapping[str, Any]) -> None:
        if "owed" in state and len(state["owed"]) == len(self._owed):
            self._owed[:] = state["owed"]


@register_term("grm")
class GRM(Repaid):
    """Pays the child, and takes each step's pay back `delay` steps later, or at the end.

    Generalised reward matching, Forbes et al. 2024 (arXiv 2410.12197), with the
    matching function that gives F_i back at step i + delay: F'_t = F_t - gamma^-delay F_{t-delay},
    and on the last step everything that is still owed. The interest is at most gamma^-delay, so
    long episodes are harmless. Any reward (-inf, inf). Memory: 8 * delay bytes per slot.

    Args:
        child: any term of scope `step`.
        delay: steps until a pay is taken back, at least 1.
    """

    def __init__(self, child: Any, *, delay: int = 10) -> None:
        super().__init__(child)
        self.delay = checks.whole("delay of grm", delay, least=1, write="delay=10")

    def bind(self, binding: Binding) -> None:
        """A ring of the last pays per slot."""
        super().bind(binding)
        self._ring = np.zeros((binding.num_envs, self.delay))
        self._at = np.zeros(binding.num_envs, dtype=np.int64)
        # gamma^-1 for the newest, gamma^-delay for the oldest
        self._interest = self.gamma ** -np.arange(1.0, self.delay + 1)

    def state_dict(self) -> State:
        """The child's state, the rings and where they stand."""
        return {**super().state_dict(), "ring": self._ring.copy(), "at": self._at.copy()}

    def _pay(self, values: Floats, transition: Transition) -> Floats:
        rows = np.arange(self.binding.num_envs)[slots(transition, self.binding.num_envs)]
        at = self._at[rows] % self.delay
        final = final_rows(transition, self.binding.learner)
        paid: Floats = values - self._interest[-1] * self._ring[rows, at]
        if final.any():
            # Newest first: place at-1 was paid one step ago, place `at` `delay` steps ago.
            order = (at[:, None] - np.arange(1, self.delay + 1)) % self.delay
            owed = (self._ring[rows[:, None], order] * self._interest).sum(axis=1)
            paid = np.where(final, -owed, paid)
        self._ring[rows, at] = values
        self._at[rows] += 1
        self._forget_rows(rows[final])
        return paid

    def _forget(self, mask: Bools) -> None:
        self._forget_rows(np.flatnonzero(mask))

    def _forget_rows(self, rows: Any) -> None:
        self._ring[rows], self._at[rows] = 0.0, 0

    def _restore(self, state: Mapping[str, Any]) -> None:
        if "ring" in state and np.shape(state["ring"]) == self._ring.shape:
            self._ring[:], self._at[:] = state["ring"], state["at"]
