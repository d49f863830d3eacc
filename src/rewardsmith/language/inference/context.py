"""What is known of one part, and of the place where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce

import numpy as np

from rewardsmith.language.inference.givens import Facts
from rewardsmith.language.inference.interval import Interval
from rewardsmith.language.nodes import Expr
from rewardsmith.language.validate import Shape


@dataclass(frozen=True)
class Part:
    """What is known of one part.

    Args:
        shape: of one row; None if not known.
        interval: where its elements lie.
        causes: the parts that first have no bound, if it has none.
    """

    shape: Shape
    interval: Interval
    causes: tuple[Expr, ...] = ()


@dataclass(eq=False)
class Context:
    """Facts that hold where a part stands, and what was inferred under them."""

    facts: Facts
    parts: dict[tuple[int, bool], Part] = field(default_factory=dict)
    inner: dict[tuple[int, bool, bool], Context | None] = field(default_factory=dict)
    chains: dict[tuple[int, bool], list[Context | None]] = field(default_factory=dict)
    reduced: Context | None = None

    def for_reductions(self) -> Context:
        """Under a reduction, and under an index, only facts count that hold for every element."""
        if all(everywhere for _, everywhere in self.facts.values()):
            return self
        if self.reduced is None:
            self.reduced = Context({k: fact for k, fact in self.facts.items() if fact[1]})
        return self.reduced


def broadcast(parts: list[Part]) -> Shape:
    """The shape of parts that are put together element by element."""
    if any(p.shape is None for p in parts):
        return None
    return reduce(np.broadcast_shapes, (p.shape for p in parts if p.shape is not None), ())
