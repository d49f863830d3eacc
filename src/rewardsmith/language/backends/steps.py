"""A linear program: steps in order, each a function of the results of earlier ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from rewardsmith.language.functions import BINARY, COMPARE, ELEMENTWISE, LOGIC, REDUCTIONS
from rewardsmith.language.nodes import NOWHERE, Span

#: per-row shape; None if it is known only when the program runs
Shape = tuple[int, ...] | None
#: name -> elementwise function
UFUNCS: Mapping[str, np.ufunc] = MappingProxyType(
    {
        f.__name__: f
        for f in (
            *(f for table in (BINARY, COMPARE, LOGIC, ELEMENTWISE) for f in table.values()),
            *(np.maximum, np.minimum, np.negative, np.square, np.logical_not),
            *(np.cosh, np.isnan),  # of tolerance
        )
    }
)
#: these give truth values
BOOLEAN = frozenset(
    (
        *(f.__name__ for table in (COMPARE, LOGIC) for f in table.values()),
        *("logical_not", "isnan", "any", "all"),
    )
)
#: these take no other step's result, and come first
SOURCES = ("const", "read", "raw")


class Step(NamedTuple):
    """One step.

    Args:
        op: `const`; `read` (a name as numbers) or `raw` (a name as it is held); `index`;
            `number` (to floats, whatever it is), `float` (truth values to floats); a name in
            `REDUCTIONS`; or the name of NumPy's elementwise function, as in `add`, `where`.
        args: numbers of the earlier steps that it takes.
        value: of a constant.
        name, ahead: what is read, and whether at s_{t+1}.
        place: of an index.
    """

    op: str
    args: tuple[int, ...] = ()
    value: float | bool = 0.0
    name: str = ""
    ahead: bool = False
    place: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a step's result before anything runs.

    Args:
        shape: of one row.
        boolean: it is truth values, not numbers.
        span: place of the expression that asked for it first.
    """

    shape: Shape
    boolean: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Steps:
    """A whole program; `outputs` are the numbers of the steps that were asked for."""

    steps: tuple[Step, ...]
    facts: tuple[Facts, ...]
    outputs: tuple[int, ...]

    def last_uses(self) -> list[int]:
        """For each step the number of the last one that takes it; beyond the end for outputs."""
        last = list(range(len(self.steps)))
        for number, step in enumerate(self.steps):
            for arg in step.args:
                last[arg] = number
        for output in self.outputs:
            last[output] = len(self.steps)
        return last


class Builder:
    """Collects steps; one that is there already is not added again."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.facts: list[Facts] = []
        self._known: dict[str, int] = {}
        #: place of the expression that is being lowered
        self.span: Span = NOWHERE

    def const(self, value: float | bool) -> int:
        """A constant; a bool is a truth value."""
        return self._add(Step("const", value=value), (), isinstance(value, bool))

    def read(self, name: str, ahead: bool, shape: Shape, *, raw: bool = False) -> int:
        """A feature, `obs`, `action`, `reward` or `t`."""
        return self._add(Step("raw" if raw else "read", name=name, ahead=ahead), shape)

    def index(self, of: int, place: tuple[int, ...]) -> int:
        """One element of each row, or a part of it."""
        shape = self.facts[of].shape
        left = None if shape is None else shape[len(place) :]
        indexed = self._add(Step("index", (of,), place=place), left)
        raw = self.steps[of].op == "raw"
        return self._add(Step("number", (indexed,)), left) if raw else indexed

    def call(self, op: str, *args: int) -> int:
        """An elementwise function or a reduction, of arguments of the type that it needs."""
        values = [self.constant(arg) for arg in args]
        if op in UFUNCS and None not in values:  # as in 0 < 1 < x
            with np.errstate(all="ignore"):
                found = UFUNCS[op](*values)
            return self.const(bool(found) if op in BOOLEAN else float(found))
        if op not in REDUCTIONS:
            return self._add(Step(op, args), self._joint(args), op in BOOLEAN)
        if self.facts[args[0]].shape != ():
            return self._add(Step(op, args), (), op in BOOLEAN)
        # one number per row is its own sum, and its own largest element
        return self.call("absolute", *args) if op == "norm" else args[0]

    def numbers(self, arg: int) -> int:
        """As floats: truth values would add up as `or` and cannot be negated."""
        if not self.facts[arg].boolean:
            return arg
        value = self.constant(arg)
        if value is not None:
            return self.const(value)
        return self._add(Step("float", (arg,)), self.facts[arg].shape)

    def truth(self, arg: int) -> int:
        """As truth values: anything but 0 is true, NaN included."""
        if self.facts[arg].boolean:
            return arg
        value = self.constant(arg)
        if value is not None:
            return self.const(value != 0)
        return self.call("not_equal", arg, self.const(0.0))

    def constant(self, arg: int) -> float | None:
        """The value of a constant, None for any other step."""
        step = self.steps[arg]
        return float(step.value) if step.op == "const" else None

    def program(self, outputs: tuple[int, ...]) -> Steps:
        """The steps that the outputs need, in order, after all that they read."""
        needed = set(outputs)
        for number in range(len(self.steps) - 1, -1, -1):
            if number in needed:
                needed.update(self.steps[number].args)
        kept = sorted(needed, key=lambda old: (self.steps[old].op not in SOURCES, old))
        new = {old: number for number, old in enumerate(kept)}
        steps = [s._replace(args=tuple(new[a] for a in s.args)) for s in map(self._step, kept)]
        facts = tuple(self.facts[old] for old in kept)
        return Steps(tuple(steps), facts, tuple(new[o] for o in outputs))

    def _step(self, number: int) -> Step:
        return self.steps[number]

    def _joint(self, args: tuple[int, ...]) -> Shape:
        known = [s for s in (self.facts[a].shape for a in args) if s is not None]
        return tuple(np.broadcast_shapes(*known)) if len(known) == len(args) else None

    def _add(self, step: Step, shape: Shape, boolean: bool = False) -> int:
        key = repr(step)  # tells 1.0 from True and 0.0 from -0.0, and finds NaN again
        if key not in self._known:
            self._known[key] = len(self.steps)
            self.steps.append(step)
            self.facts.append(Facts(shape, boolean, self.span))
        return self._known[key]
