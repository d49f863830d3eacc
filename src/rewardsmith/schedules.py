"""Schedules: weights that change with the training clock (environment steps)."""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable
from dataclasses import dataclass

from rewardsmith.errors import ConfigError, unknown_name
from rewardsmith.language.nodes import Schedule


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
    return Compiled(lambda _: weight, weight, constant=True)


def linear(start: float, end: float, *, steps: float) -> Compiled:
    """From `start` to `end` over `steps` env steps, then `end`.

    >>> linear(1.0, 0.0, steps=100).value(25)
    0.75
    """
    span = _positive("linear", steps)
    return Compiled(lambda t: start + (end - start) * min(t / span, 1.0), end)


def cosine(start: float, end: float, *, steps: float) -> Compiled:
    """Half a cosine from `start` to `end` over `steps` env steps, then `end`.

    >>> cosine(1.0, 0.0, steps=100).value(50)
    0.5
    """
    span = _positive("cosine", steps)

    def value(t: int) -> float:
        return end + (start - end) * 0.5 * (1.0 + math.cos(math.pi * min(t / span, 1.0)))

    return Compiled(value, end)


def steps(*weights: float, at: tuple[float, ...] | float) -> Compiled:
    """`weights[0]`, then `weights[i]` from env step `at[i-1]` on.

    >>> [steps(1.0, 0.5, 0.0, at=(10, 20)).value(t) for t in (9, 10, 20)]
    [1.0, 0.5, 0.0]
    """
    edges = tuple(at) if isinstance(at, tuple) else (at,)
    if len(weights) != len(edges) + 1 or list(edges) != sorted(edges):
        raise ConfigError(
            f"steps(w0, w1, ..., at=(t1, ...)) takes one weight more than rising edges. "
            f"Received {len(weights)} weights and at={edges}."
        )
    return Compiled(lambda t: weights[bisect.bisect_right(edges, t)], weights[-1], False, weights)


def anneal(steps: float) -> Compiled:
    """From 1 to exactly 0 over `steps` env steps."""
    return linear(1.0, 0.0, steps=steps)


KINDS: dict[str, Callable[..., Compiled]] = {
    "constant": constant,
    "linear": linear,
    "cosine": cosine,
    "steps": steps,
    "anneal": anneal,
}


def compile_schedule(node: Schedule) -> Compiled:
    """Build the schedule that a formula names; raises `ConfigError` on wrong arguments."""
    if node.kind not in KINDS:
        raise unknown_name("schedule", node.kind, KINDS)
    try:
        return KINDS[node.kind](*node.args, **dict(node.options))
    except TypeError as error:
        raise ConfigError(
            f"Schedule {node.kind}{node.args} cannot be called so ({error}). Use one of "
            "constant(w), linear(w0, w1, steps=n), cosine(w0, w1, steps=n), "
            "steps(w0, w1, at=(n,)), anneal(n)."
        ) from None


def _positive(kind: str, steps: float) -> float:
    if not steps > 0:
        raise ConfigError(f"{kind} needs steps > 0. Received steps={steps!r}.")
    return float(steps)
