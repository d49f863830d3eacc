"""Potential-based shaping: F = gamma*Phi(s') - Phi(s)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rewardsmith import checks
from rewardsmith.errors import BindingError
from rewardsmith.language.inference import Givens, Interval
from rewardsmith.language.inference.interval import add, constant, hull, multiply, negative
from rewardsmith.language.nodes import Expr
from rewardsmith.registry import register_term
from rewardsmith.rewards.expression import (
    features_of,
    inferred,
    potential_closures,
    state_expression,
)
from rewardsmith.term import (
    Binding,
    Guarantee,
    Learner,
    RewardTerm,
    State,
    final_rows,
    slots,
)
from rewardsmith.transition import Bools, Floats, Transition


@register_term("potential")
class Potential(RewardTerm):
    """Pays gamma^k * Phi(s_{t+1}) - Phi(s_t) with the learner's own gamma.

    Ng, Harada and Russell 1999, theorem 1. Phi counts as 0 at termination; at truncation it is
    kept if the learner bootstraps there, and 0 if it treats the end as final. A potential that
    changes with time is cached on arrival, so that Phi(s, t) is subtracted as it was added
    (Devlin and Kudenko 2012, equation 5); `t` inside the expression gives a time-indexed one.

    Args:
        expression: Phi, a quantity of one state (`next`, `action` and `reward` are refused).
        frame_skip: k, environment frames per step; the difference uses gamma**k.
        anneal: env steps over which Phi itself fades linearly to 0; unlike an annealed weight
            this keeps the guarantee. 0 means never.

    Raises:
        ConfigError, LanguageError: a wrong option; a Phi of more than one state.
        BindingError: under a learner with trajectory-level credit, where it cannot act.
    """

    usage = "potential(E, frame_skip=1, anneal=0)"
    guarantee = Guarantee.INVARIANT

    def __init__(
        self, expression: Expr | str | float, *, frame_skip: int = 1, anneal: float = 0
    ) -> None:
        self.expression = state_expression(expression, "A potential")
        self.frame_skip = checks.whole(
            "frame_skip of potential", frame_skip, least=1, write="frame_skip=4"
        )
        self.anneal = checks.number(
            "anneal of potential, in env steps,", anneal, least=0, write="anneal=100000"
        )

    @property
    def needs(self) -> frozenset[str]:
        """Features of Phi."""
        return features_of(self.expression)

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """gamma^k * Phi(s') - Phi(s), with Phi(s') = 0 where the episode ends."""
        before, after = (
            inferred(self.expression, givens, at=at, state_only=True) for at in ("now", "next")
        )
        nothing = constant(0.0)
        if self.anneal:
            before = hull([before, nothing])
        discount = constant(learner.gamma**self.frame_skip)
        return add(multiply(hull([after, nothing]), discount), negative(before))

    def bind(self, binding: Binding) -> None:
        """Compile Phi and make room for one cached value per slot."""
        super().bind(binding)
        if binding.learner.credit == "trajectory":
            raise BindingError(
                "Potential shaping does nothing under trajectory-level credit: it adds the same "
                "-Phi(s_0) to every trajectory of a group. Received credit='trajectory'; use "
                "credit of the level turn, such as 'turn', or drop the potential."
            )
        self._now, self._next = potential_closures(self.expression, binding)
        self._discount = binding.learner.gamma**self.frame_skip
        self._cache = np.zeros(binding.num_envs)
        self._known = np.zeros(binding.num_envs, dtype=bool)

    def step(self, transition: Transition) -> Floats:
        """The difference, with Phi(s_t) as it was when s_t was reached."""
        rows = slots(transition, self.binding.num_envs)
        before = self._cache[rows]
        known = self._known[rows]
        if not known.all():
            before = np.where(known, before, self._scale() * self._now(transition))
        after = self._arrival(transition)
        # Before the cache is written: `before` may be a view of it.
        paid: Floats = self._discount * after - before
        self._cache[rows] = after
        self._known[rows] = True
        return paid

    def relabel(self, transition: Transition) -> Floats:
        """The difference with Phi as of now at both ends."""
        before = self._scale() * self._now(transition)
        return self._discount * self._arrival(transition) - before

    def reset(self, mask: Bools) -> None:
        """The next step of these slots begins an episode: Phi(s_0) is evaluated there."""
        self._known[mask] = False

    def state_dict(self) -> State:
        """The cached potentials of the running episodes."""
        return {"cache": self._cache.copy(), "known": self._known.copy()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over cached potentials; another number of slots begins new episodes."""
        if state and len(state["cache"]) == len(self._cache):
            self._cache[:] = state["cache"]
            self._known[:] = state["known"]

    def _arrival(self, transition: Transition) -> Floats:
        after = self._scale() * self._next(transition)
        final = final_rows(transition, self.binding.learner)
        return np.where(final, 0.0, after) if final.any() else after

    def _scale(self) -> float:
        if not self.anneal:
            return 1.0
        return max(0.0, 1.0 - self.binding.clock.steps / self.anneal)
