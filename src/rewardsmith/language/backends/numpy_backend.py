"""Steps -> a closure over NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rewardsmith.errors import LanguageError
from rewardsmith.language.backends.closures import Part, function_of, reader, wire
from rewardsmith.language.backends.steps import SOURCES, Step, Steps
from rewardsmith.language.functions import REDUCTIONS, Array
from rewardsmith.language.nodes import NOWHERE, Span
from rewardsmith.transition import Transition

#: what data that does not fit a program raises
FAULTS = (KeyError, ValueError, IndexError)
#: how deep closures may call each other
_MOST_NESTED = 40
#: results that may be, or look into, an array of somebody else; a reduction of one number per
#: row gives that very array
_FOREIGN = frozenset((*SOURCES, "index", "number", *REDUCTIONS)) - {"norm"}


def bind_one(program: Steps) -> Callable[[Transition], Array]:
    """A closure that gives the program's only output; see `bind_many`."""
    kept, (output,) = _Binder(program).closures()
    return _framed(kept, output) if kept else output


def bind_many(program: Steps) -> Callable[[Transition], list[Array]]:
    """A closure that gives every output, as float64; constants have shape ().

    Outputs may be arrays of the transition itself, and several may be one array. Floating
    point errors follow the caller's `np.errstate`. An array is written over only if the closure
    made it, nothing else reads it, and the schema gives it the shape and type of the result.

    The closure raises one of `FAULTS` if the data does not fit, which `explain` puts into words.
    """
    kept, outputs = _Binder(program).closures()

    def together(frame: Any) -> list[Array]:
        return [output(frame) for output in outputs]

    return _framed(kept, together) if kept else together


def _framed(kept: list[Part], last: Part) -> Part:
    def framed(tr: Transition) -> Any:
        frame: list[Any] = [tr]
        for part in kept:
            frame.append(part(frame))
        return last(frame)

    return framed


def explain(error: Exception, program: Steps, tr: Transition, source: str) -> LanguageError:
    """What one of `FAULTS` says of the transition, with the place of the step that failed."""
    if isinstance(error, KeyError):
        message = f"The transition holds no feature {error}."
    else:
        message = f"This could not be computed: {error}."
    return LanguageError(message, source, *_blame(program, tr))


class _Binder:
    """Turns steps into closures of a frame.

    A step that one other takes becomes part of that one's closure. What several take is kept in
    the frame, a list of the transition and what was kept so far; without any, the frame is the
    transition itself.
    """

    def __init__(self, program: Steps) -> None:
        self.program = program
        self.users = [0] * len(program.steps)
        for taken in (*(arg for step in program.steps for arg in step.args), *program.outputs):
            self.users[taken] += 1
        self.kept = self._shared()
        self.slot = {number: 1 + i for i, number in enumerate(self.kept)}

    def closures(self) -> tuple[list[Part], list[Part]]:
        """Closures of what is kept, in order, and of the outputs."""
        return [self.step(n) for n in self.kept], [self._part(n) for n in self.program.outputs]

    def _shared(self) -> list[int]:
        found = []
        depths: list[int] = []
        for number, step in enumerate(self.program.steps):
            depth = 1 + max((depths[arg] for arg in step.args), default=0)
            shared = self.users[number] > 1 and step.op != "const"
            if shared or depth > _MOST_NESTED:
                found.append(number)
                depth = 0
            depths.append(depth)
        return found

    def _part(self, number: int) -> Part:
        slot = self.slot.get(number)
        return self.step(number) if slot is None else lambda frame: frame[slot]

    def step(self, number: int) -> Part:
        """A closure that computes a step from the frame."""
        step = self.program.steps[number]
        if step.op == "const":
            constant = np.array(step.value)
            return lambda frame: constant
        if step.op in SOURCES:
            return self._read(step)
        args = [self._part(arg) for arg in step.args]
        return wire(function_of(step, self._aligned(step)), args, self._written_over(number))

    def _read(self, step: Step) -> Part:
        read = reader(step)
        return (lambda frame: read(frame[0])) if self.kept else read

    def _aligned(self, step: Step) -> bool:
        """Whether all operands are known to have as many dimensions, constants aside."""
        steps, facts = self.program.steps, self.program.facts
        shapes = [facts[arg].shape for arg in step.args if steps[arg].op != "const"]
        ranks = {None if shape is None else len(shape) for shape in shapes}
        return len(shapes) == 1 or (len(ranks) == 1 and None not in ranks)

    def _written_over(self, number: int) -> int | None:
        """Which operand of a step its result may be written over."""
        facts = self.program.facts
        for place, arg in enumerate(self.program.steps[number].args):
            if (
                arg not in self.slot
                and self.program.steps[arg].op not in _FOREIGN
                and facts[arg].shape is not None
                and (facts[arg].shape, facts[arg].boolean)
                == (facts[number].shape, facts[number].boolean)
            ):
                return place
        return None


def _blame(program: Steps, tr: Transition) -> Span:
    """The place of the step that fails: all of them are run again, one by one."""
    binder = _Binder(program)
    binder.kept = list(range(len(program.steps)))
    binder.slot = {number: 1 + number for number in binder.kept}
    frame: list[Any] = [tr]
    for number in binder.kept:
        try:
            frame.append(binder.step(number)(frame))
        except FAULTS:
            return program.facts[number].span
    return NOWHERE
