"""What normalisers share: child terms, and the totals of a group's episodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardsmith import language
from rewardsmith.build import as_term
from rewardsmith.errors import ConfigError
from rewardsmith.language.nodes import Expr
from rewardsmith.rewards.expression import as_expression
from rewardsmith.rewards.gates import Gate
from rewardsmith.rewards.groups import GroupTerm, at_the_end
from rewardsmith.term import RewardTerm, Scope
from rewardsmith.transition import Floats, Transition


class GroupNormaliser(GroupTerm, Gate):
    """Base: child terms whose totals over the episodes of a group are compared.

    Rewards are added up over each episode first, and compared then: normalising each turn and
    adding up afterwards is biased where the policy decides when an episode ends. A subclass
    writes `compare`; what it gives is paid on an episode's last row.

    Args:
        children: terms or expressions.
        conditions: expressions, read at the states reached.
    """

    scope = Scope.GROUP

    def __init__(self, children: Sequence[Any], conditions: Sequence[Any] = ()) -> None:
        Gate.__init__(self, [as_term(c) for c in children], [state(c) for c in conditions])

    def totals(self, episodes: Sequence[Transition]) -> NDArray[np.float64]:
        """Each child's total over each episode, shape (children, episodes)."""
        paid = [child.finish_group(episodes) for child in self.children]
        return np.array([[float(v.sum()) for v in of_child] for of_child in paid])

    def holds(self, episodes: Sequence[Transition], condition: int = 0) -> NDArray[np.bool_]:
        """Whether a condition holds at the last state of each episode, shape (episodes,)."""
        test = self._tests[condition]
        return np.array([test(e)[-1] != 0 for e in episodes], dtype=bool)

    def finish_group(self, episodes: Sequence[Transition]) -> list[Floats]:
        """What each episode earns, on its last row."""
        earned = self.compare(self.totals(episodes), episodes)
        return [at_the_end(e, float(v)) for e, v in zip(episodes, earned, strict=True)]

    def compare(self, totals: Floats, episodes: Sequence[Transition]) -> Floats:
        """What each episode earns, shape (episodes,), of totals of shape (children, episodes)."""
        raise NotImplementedError(f"{type(self).__name__} must define compare(totals, episodes)")


def state(condition: Any) -> Expr:
    """A condition that is read at the states reached; `next` in it is refused."""
    tree = as_expression(condition)
    language.compile_expression(tree, at="next")
    return tree


def at_least(children: Sequence[Any], least: int, who: str, usage: str) -> None:
    """Raise `ConfigError` unless there are as many terms."""
    if len(children) < least:
        raise ConfigError(
            f"{who} needs at least {least} terms. Received {len(children)}; write {usage}."
        )


def widest(children: Sequence[RewardTerm], least: Scope = Scope.STEP) -> Scope:
    """The widest scope of the children, and no narrower than `least`."""
    order = list(Scope)
    return max([least, *(c.scope for c in children)], key=order.index)
