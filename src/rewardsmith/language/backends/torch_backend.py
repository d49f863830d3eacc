"""Steps -> a closure over PyTorch tensors, on whatever device they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from rewardsmith.errors import LanguageError
from rewardsmith.language.backends.steps import SOURCES, Step, Steps
from rewardsmith.language.backends.torch_functions import (
    ELEMENTWISE,
    REDUCTIONS,
    Function,
    aligning,
)
from rewardsmith.language.nodes import NOWHERE, Span

#: reads a name (at s_{t+1} if the second argument is true) from a transition of tensors
Reader = Callable[[Any, str, bool], Tensor]


class _Call(NamedTuple):
    """`values[result] = function(*values[args])`, after which `dead` are needed no more."""

    function: Function
    args: tuple[int, ...]
    result: int
    dead: tuple[int, ...]
    span: Span


def bind_torch(
    program: Steps, read: Reader, dtype: torch.dtype, source: str
) -> Callable[[Any, torch.device], list[Tensor]]:
    """A closure from a transition and its device to every output; constants have shape ().

    Nothing is copied to the host and no branch depends on a value, so a GPU is never waited
    for. Results that no later step needs are let go at once.

    Raises:
        LanguageError: when it runs, with the place of what the transition cannot give.
    """
    reads = [(number, s) for number, s in enumerate(program.steps) if s.op in ("read", "raw")]
    calls = _calls(program, dtype)
    constants = _Constants(program, dtype)

    def run(tr: Any, device: torch.device) -> list[Tensor]:
        values: list[Any] = constants.on(device)
        span = NOWHERE
        try:
            for number, step in reads:
                span = program.facts[number].span
                value = read(tr, step.name, step.ahead)
                values[number] = value if step.op == "raw" else value.to(dtype)
            for call in calls:
                span = call.span
                values[call.result] = call.function(*[values[arg] for arg in call.args])
                for number in call.dead:
                    values[number] = None
        except KeyError as error:
            message = f"The transition holds no feature {error}."
            raise LanguageError(message, source, *span) from error
        except torch.OutOfMemoryError:
            raise
        except (RuntimeError, IndexError) as error:
            raise LanguageError(f"This could not be computed: {error}.", source, *span) from error
        return [values[output] for output in program.outputs]

    return run


class _Constants:
    """The values of a run before it begins: None, but for the constants, made once per device."""

    def __init__(self, program: Steps, dtype: torch.dtype) -> None:
        self.program, self.dtype = program, dtype
        self._made: dict[torch.device, list[Tensor | None]] = {}

    def on(self, device: torch.device) -> list[Tensor | None]:
        """A new list, of tensors on that device."""
        if device not in self._made:
            # a constant made under inference mode could not be part of a gradient later
            with torch.inference_mode(False):
                self._made[device] = [self._tensor(step, device) for step in self.program.steps]
        return list(self._made[device])

    def _tensor(self, step: Step, device: torch.device) -> Tensor | None:
        if step.op != "const":
            return None
        if isinstance(step.value, bool):
            return torch.full((), step.value, dtype=torch.bool, device=device)
        # filled where it is; what is too large for the type becomes infinite
        return torch.full((), step.value, dtype=torch.float64, device=device).to(self.dtype)


def _calls(program: Steps, dtype: torch.dtype) -> list[_Call]:
    last = program.last_uses()
    return [
        _Call(
            _function(step, dtype),
            step.args,
            number,
            tuple(arg for arg in dict.fromkeys(step.args) if last[arg] == number),
            program.facts[number].span,
        )
        for number, step in enumerate(program.steps)
        if step.op not in SOURCES
    ]


def _function(step: Step, dtype: torch.dtype) -> Function:
    if step.op == "index":
        index = (slice(None), *step.place)
        return lambda rows: rows[index]
    if step.op in ("number", "float"):
        return lambda values: values.to(dtype)
    if step.op in REDUCTIONS:
        return REDUCTIONS[step.op]
    function = ELEMENTWISE[step.op]
    return aligning(function) if len(step.args) > 1 else function
