"""Schedules: weights that change with the training clock (environment steps)."""

from __future__ import annotations

import bisect
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from rewardsmith import checks
from rewardsmith.errors import ConfigError, near_misses, unknown_name
from rewardsmith.language.format import format_schedule
from rewardsmith.language.nodes import Schedule

_STEPS = "steps(w0, w1, ..., at=(t1, ...))"


@dataclass(frozen=True)
class Compiled:
    """A schedule ready to run.

    Args:
        value: env steps -> weight.
        final: the weight that it keeps in the end.
        constant: whether it never changes.
        between: weights beside the first and the final one that may lie outside of these two.
    """

    value: Callable[[int], float]
    final: float
    constant: bool = False
    between: tuple[float, ...] = ()

    @property
    def range(self) -> tuple[float, float]:
        """The smallest and the largest weight over the whole of training.

        >>> steps(1.0, 0.5, 3.0, at=(10, 20)).range
        (0.5, 3.0)
        """
        weights = (self.value(0), self.final, *self.between)
        return min(weights), max(weights)


def constant(weight: float) -> Compiled:
    """Always `weight`."""
    kept = _weight("constant", weight)
    return Compiled(lambda _: kept, kept, constant=True)


def linear(start: float, end: float, *, steps: float) -> Compiled:
    """From `start` to `end` over `steps` env steps, then `end`.

    >>> linear(1.0, 0.0, steps=100).value(25)
    0.75
    """
    return _line("linear", start, end, steps)


def cosine(start: float, end: float, *, steps: float) -> Compiled:
    """Half a cosine from `start` to `end` over `steps` env steps, then `end`.

    >>> cosine(1.0, 0.0, steps=100).value(50)
    0.5
    """
    first, last, span = _ends("cosine", start, end), _weight("cosine", end), _span("cosine", steps)

    def value(t: int) -> float:
        return last + (first - last) * 0.5 * (1.0 + math.cos(math.pi * min(t / span, 1.0)))

    return Compiled(value, last)


def steps(*weights: float, at: tuple[float, ...] | float) -> Compiled:
    """`weights[0]`, then `weights[i]` from env step `at[i-1]` on.

    >>> [steps(1.0, 0.5, 0.0, at=(10, 20)).value(t) for t in (9, 10, 20)]
    [1.0, 0.5, 0.0]
    """
    given = tuple(at) if isinstance(at, tuple | list) else (at,)
    edges = [checks.number("An edge of steps", x, least=0, write=_STEPS) for x in given]
    kept = [_weight("steps", w) for w in weights]
    if len(kept) != len(edges) + 1 or any(a >= b for a, b in pairwise(edges)):
        raise ConfigError(
            f"steps(w0, w1, ..., at=(t1, ...)) takes one weight more than rising edges. "
            f"Received {len(weights)} weights and at={given}."
        )
    return Compiled(lambda t: kept[bisect.bisect_right(edges, t)], kept[-1], False, tuple(kept))


def anneal(steps: float) -> Compiled:
    """From 1 to exactly 0 over `steps` env steps."""
    return _line("anneal", 1.0, 0.0, steps)


KINDS: dict[str, Callable[..., Compiled]] = {
    "constant": constant,
    "linear": linear,
    "cosine": cosine,
    "steps": steps,
    "anneal": anneal,
}


USAGE: dict[str, str] = {
    "constant": "constant(w)",
    "linear": "linear(w0, w1, steps=n)",
    "cosine": "cosine(w0, w1, steps=n)",
    "steps": _STEPS,
    "anneal": "anneal(n)",
}


def compile_schedule(node: Schedule) -> Compiled:
    """Build the schedule that a formula names.

    Raises:
        ConfigError: on wrong arguments, infinite steps and edges included: such a schedule would
            never arrive at its last weight, on which its claim rests.
    """
    if node.kind not in KINDS:
        raise unknown_name("schedule", node.kind, KINDS)
    kind, options = KINDS[node.kind], dict(node.options)
    try:
        inspect.signature(kind).bind(*node.args, **options)
    except TypeError as error:
        known = inspect.signature(kind).parameters
        hint = "".join(near_misses(key, known) for key in options if key not in known)
        raise ConfigError(
            f"{node.kind} is called as {USAGE[node.kind]}. Received {format_schedule(node)} "
            f"({error}).{hint}"
        ) from None
    return kind(*node.args, **options)


def _line(kind: str, start: float, end: float, steps: float) -> Compiled:
    first, last, span = _ends(kind, start, end), _weight(kind, end), _span(kind, steps)
    return Compiled(lambda t: first + (last - first) * min(t / span, 1.0), last)


def _ends(kind: str, start: float, end: float) -> float:
    """The first weight; the way to the last one must be finite too."""
    first, last = _weight(kind, start), _weight(kind, end)
    checks.number(f"The difference between the weights of {kind}", last - first, write=USAGE[kind])
    return first


def _weight(kind: str, weight: float) -> float:
    return checks.number(f"A weight of {kind}", weight, write=USAGE[kind])


def _span(kind: str, steps: float) -> float:
    return checks.number(f"steps of {kind}", steps, above=0, write=USAGE[kind])
