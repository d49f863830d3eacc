"""Gates: operators that decide whether a term counts. None is potential-based: all are biased."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np

from rewardsmith import checks, language
from rewardsmith.build import as_term
from rewardsmith.errors import ConfigError, near_misses
from rewardsmith.language.inference import Givens, Interval, assume, gate
from rewardsmith.language.inference.interval import add, constant, hull, multiply
from rewardsmith.language.inference.refine import holds
from rewardsmith.language.nodes import Expr
from rewardsmith.registry import register_term
from rewardsmith.rewards.expression import Closure, as_expression, compiled, features_of, inferred
from rewardsmith.term import Binding, Guarantee, Learner, RewardTerm, Scope, State
from rewardsmith.transition import Bools, Floats, Transition

READINGS: dict[str, Callable[[Floats], float]] = {
    "end": lambda v: float(v[-1]),
    "max": lambda v: float(v.max()),
    "sum": lambda v: float(v.sum()),
}


class Gate(RewardTerm):
    """Base: several child terms, bound, updated and saved together."""

    guarantee = Guarantee.BIASED

    def __init__(self, children: list[RewardTerm], conditions: list[Expr]) -> None:
        self.children, self.conditions = children, conditions
        self.learns = any(c.learns for c in children)
        self.intrinsic = any(c.intrinsic for c in children)
        self.remembers = any(c.remembers for c in children)

    @property
    def needs(self) -> frozenset[str]:
        """Features of conditions and children."""
        return features_of(*self.conditions).union(*(c.needs for c in self.children))

    def bind(self, binding: Binding) -> None:
        """Bind the children; conditions are read at s_t in step gates, at s_{t+1} in others."""
        super().bind(binding)
        for child in self.children:
            child.bind(binding)
        at = "now" if self.scope is Scope.STEP else "next"
        self._tests: list[Closure] = [compiled(c, binding, at=at) for c in self.conditions]

    def update(self, transition: Transition) -> None:
        """Let the children learn."""
        for child in self.children:
            child.update(transition)

    def reset(self, mask: Bools) -> None:
        """Reset the children."""
        for child in self.children:
            child.reset(mask)

    def state_dict(self) -> State:
        """State of the children, by position."""
        return {str(i): c.state_dict() for i, c in enumerate(self.children)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the children's state."""
        for i, child in enumerate(self.children):
            child.load_state_dict(state.get(str(i), {}))

    def _refuse_deferred(self) -> None:
        for child in self.children:
            if child.scope is not Scope.STEP:
                raise ConfigError(
                    f"{self.term_name} pays step by step, so its terms must too. Received "
                    f"{child.term_name or 'a sum'} of scope {child.scope.value!r}; put the "
                    "episode gate outside."
                )


@register_term("when")
class When(Gate):
    """Pays the term in steps whose condition holds (is not 0) at s_t, else 0.

    Args:
        condition: an expression; use `next(f)` to ask about the state reached.
        child: the term.
    """

    usage = "when(C, T)"

    def __init__(self, condition: Expr | str | float, child: Any) -> None:
        super().__init__([as_term(child)], [as_expression(condition)])
        self._refuse_deferred()

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """The child's bounds where the condition holds, and 0 where it does not."""
        condition, nothing = self.conditions[0], constant(0.0)
        truth = inferred(condition, givens).truth
        gate(givens, condition, truth)
        inside = assume(condition, True, givens)
        if inside is None:
            return nothing
        paid = self.children[0].bounds(inside, learner)
        return paid if paid is None or truth else hull([paid, nothing])

    def step(self, transition: Transition) -> Floats:
        """The child online, where the condition holds."""
        return self._gate(transition, self.children[0].step(transition))

    def relabel(self, transition: Transition) -> Floats:
        """The child of stored transitions, where the condition holds."""
        return self._gate(transition, self.children[0].relabel(transition))

    def _gate(self, transition: Transition, values: Floats) -> Floats:
        return np.where(self._tests[0](transition) != 0.0, values, 0.0)


@register_term("times")
class Times(Gate):
    """Pays progress times every infraction factor, step by step.

    CaRL (Jaeger et al. 2025, arXiv 2504.17838), equation 1: R_t = RC_t * prod_i p_t^i, with
    factors p in [0, 1].

    Args:
        progress: a term or expression.
        infractions: terms or expressions; 1 is clean, 0 cancels the step's reward.
    """

    usage = "times(P, I1, I2, ...)"

    def __init__(self, progress: Any, *infractions: Any) -> None:
        if not infractions:
            raise ConfigError("times(progress, infraction, ...) needs at least one infraction.")
        super().__init__([as_term(x) for x in (progress, *infractions)], [])
        self._refuse_deferred()

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """The product of all bounds."""
        parts = [child.bounds(givens, learner) for child in self.children]
        known = [part for part in parts if part is not None]
        return reduce(multiply, known) if len(known) == len(parts) else None

    def step(self, transition: Transition) -> Floats:
        """The product, online."""
        return _product([c.step(transition) for c in self.children])

    def relabel(self, transition: Transition) -> Floats:
        """The product, of stored transitions."""
        return _product([c.relabel(transition) for c in self.children])


def _product(factors: list[Floats]) -> Floats:
    product: Floats = np.prod(factors, axis=0)
    return product


class EpisodeGate(Gate):
    """Base of gates that look at the whole episode: nothing is paid before its end."""

    scope = Scope.EPISODE

    def __init__(
        self,
        children: list[RewardTerm],
        conditions: list[Expr],
        threshold: float,
        read: str,
        strict: bool,
    ) -> None:
        super().__init__(children, conditions)
        if any(c.scope is Scope.GROUP for c in children):
            self.scope = Scope.GROUP
        if read not in READINGS:
            raise ConfigError(
                f"read is one of {sorted(READINGS)}. Received {read!r}."
                + near_misses(str(read), READINGS)
            )
        for condition in self.conditions:
            # It is read at s_{t+1} already, so next(...) in it is refused here.
            language.compile_expression(condition, at="next")
        kind = self.term_name
        self.threshold = checks.number(f"threshold of {kind}", threshold, write="threshold=0.5")
        self.read = read
        self.strict = checks.truth(f"strict of {kind}", strict, write="strict=True")

    def step(self, transition: Transition) -> Floats:
        """Nothing yet."""
        return np.zeros(len(transition))

    def relabel(self, transition: Transition) -> Floats:
        """Single transitions do not tell their episode's outcome."""
        raise ConfigError(
            f"{self.term_name} needs whole episodes and cannot relabel single transitions. "
            "Use finish(episode), or a place that serves scope 'episode'."
        )

    def finish(self, transition: Transition) -> Floats:
        """What counts of the children over one episode, shape (T,)."""
        return self._gate([c.finish(transition) for c in self.children], transition)

    def finish_group(self, episodes: Sequence[Transition]) -> list[Floats]:
        """What counts of the children over each of several episodes of one task."""
        paid = [c.finish_group(episodes) for c in self.children]
        return [self._gate([p[i] for p in paid], e) for i, e in enumerate(episodes)]

    def _gate(self, values: list[Floats], transition: Transition) -> Floats:
        raise NotImplementedError

    def _verdict(self, value: Interval) -> bool | None:
        """Whether an outcome with values in this interval always passes, or never."""
        if self.read == "sum":
            return None
        return holds(">" if self.strict else ">=", value, constant(self.threshold))

    def _passes(self, values: Floats) -> bool:
        outcome = READINGS[self.read](values)
        return outcome > self.threshold if self.strict else outcome >= self.threshold


@register_term("outcome")
class Outcome(EpisodeGate):
    """Pays the term's step rewards only in episodes whose outcome passes a threshold.

    Gated reward accumulation, G-RA (arXiv 2508.10548). Sources differ on >= and >: `strict`.

    Args:
        condition: an expression read at the states reached, e.g. `door_open` or `reward`.
        child: the term that it gates.
        threshold: what the outcome must reach.
        read: which value of the condition is the outcome: at the `end`, the `max` or the `sum`.
        strict: pass only above the threshold, not at it.
    """

    usage = "outcome(C, T, threshold=0.5, read='end', strict=False)"

    def __init__(
        self,
        condition: Expr | str | float,
        child: Any,
        *,
        threshold: float = 0.5,
        read: str = "end",
        strict: bool = False,
    ) -> None:
        super().__init__([as_term(child)], [as_expression(condition)], threshold, read, strict)

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """The child's bounds, or 0."""
        verdict = self._verdict(inferred(self.conditions[0], givens, at="next"))
        gate(givens, self.conditions[0], verdict, f" against the threshold {self.threshold:g}")
        paid = self.children[0].bounds(givens, learner)
        return None if paid is None else hull([paid, constant(0.0)])

    def _gate(self, values: list[Floats], transition: Transition) -> Floats:
        if self._passes(self._tests[0](transition)):
            return values[0]
        return np.zeros(len(transition))


@register_term("tiers")
class Tiers(EpisodeGate):
    """Pays each tier's term only if all tiers above it passed in this episode.

    G-RA with priorities (arXiv 2508.10548): tier i counts only if all higher tiers pass.

    Args:
        tiers: highest first; `(condition, term)` pairs, or terms alone, which pass when their
            own sum over the episode reaches the threshold.
        threshold, read, strict: as in `outcome`, for the conditions.
    """

    usage = "tiers((C1, T1), (C2, T2), ..., threshold=0.5, read='end', strict=False)"

    def __init__(
        self, *tiers: Any, threshold: float = 0.5, read: str = "end", strict: bool = False
    ) -> None:
        if len(tiers) < 2:
            raise ConfigError(f"tiers(...) needs at least two tiers. Received {len(tiers)}.")
        pairs = [t for t in tiers if isinstance(t, tuple)]
        if pairs and (len(pairs) != len(tiers) or any(len(p) != 2 for p in pairs)):
            raise ConfigError(
                "tiers(...) takes either (condition, term) pairs or terms alone. Received a "
                "mixture; write every tier in the same form."
            )
        children = [as_term(t[1] if pairs else t) for t in tiers]
        conditions = [as_expression(p[0]) for p in pairs]
        super().__init__(children, conditions, threshold, read, strict)

    def bounds(self, givens: Givens, learner: Learner) -> Interval | None:
        """The highest tier's bounds, and each lower one's or 0."""
        for condition in self.conditions:
            inferred(condition, givens, at="next")
        parts = [child.bounds(givens, learner) for child in self.children]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        return reduce(add, [known[0], *(hull([part, constant(0.0)]) for part in known[1:])])

    def _gate(self, values: list[Floats], transition: Transition) -> Floats:
        total = np.zeros(len(transition))
        for i, paid in enumerate(values):
            total = total + paid
            if not self._tier_passes(i, paid, transition):
                break
        return total

    def _tier_passes(self, i: int, values: Floats, transition: Transition) -> bool:
        if self.conditions:
            return self._passes(self._tests[i](transition))
        reached = float(values.sum())
        return reached > self.threshold if self.strict else reached >= self.threshold
