"""Whether a reward can act under a method of credit at all."""

from __future__ import annotations

from collections.abc import Iterator

from rewardsmith.errors import BindingError
from rewardsmith.rewards.potential import Potential
from rewardsmith.stack import RewardStack
from rewardsmith.term import RewardTerm

from .registry import find_credit


def check_credit(stack: RewardStack, method: str) -> None:
    """Refuse a reward that shapes by a potential under credit by trajectory.

    The shaping rewards gamma * Phi(s_{t+1}) - Phi(s_t) of an episode sum to -Phi(s_0) (Phi is 0
    at its end). The rollouts of a group begin in the same state, so each gets the same, and
    whatever compares their sums takes it out again: the potential would be computed and change
    nothing. A potential inside a gate or a transform is refused too, as its `bind` does under a
    learner with that credit. Terms of weight 0 are only watched, and pass.

    Args:
        stack: the reward; it need not be bound.
        method: one of `credit_names()`.

    Raises:
        BindingError: the method's level is `trajectory` and a term is a potential, or holds one.
        UnknownNameError: no such method.

    >>> check_credit(RewardStack.parse("env + potential(has_key)"), "turn")
    """
    if find_credit(method).level != "trajectory":
        return
    for entry in stack.entries:
        if entry.weight != 0.0 and any(isinstance(t, Potential) for t in _within(entry.term)):
            raise BindingError(
                f"Potential shaping does nothing under credit {method!r}: over an episode it sums "
                "to -Phi(s_0), the same for every rollout of a group, and comparing the rollouts "
                f"takes it out. Received the term {entry.name!r}; use credit 'turn', or drop the "
                "potential."
            )


def _within(term: RewardTerm) -> Iterator[RewardTerm]:
    """The term and all that it holds, in gates, transforms and sums."""
    yield term
    held = [*getattr(term, "children", ()), getattr(term, "child", None)]
    held += [entry.term for entry in getattr(term, "entries", ())]
    for inner in held:
        if isinstance(inner, RewardTerm):
            yield from _within(inner)
