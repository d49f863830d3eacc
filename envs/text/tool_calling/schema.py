"""Parameters of tools in JSON schema, and the check of arguments against them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rewardsmith.errors import near_misses

from .world import World

_TYPES: dict[str, tuple[type, ...]] = {"string": (str,), "integer": (int,), "number": (int, float)}


class ToolError(Exception):
    """What a tool answers if it cannot do what was asked."""


@dataclass(frozen=True)
class Tool:
    """A function of the world.

    Args:
        name, doc: for the agent.
        parameters: JSON schema of each parameter (`type` string, integer or number, and
            `description`, `enum`, `pattern`, `minimum`).
        run: called as run(world, **arguments); returns what JSON can hold, may raise.
        optional: parameters that may be left out.
    """

    name: str
    doc: str
    parameters: Mapping[str, Mapping[str, Any]]
    run: Callable[..., Any]
    optional: tuple[str, ...] = ()

    def schema(self) -> dict[str, Any]:
        """The tool as chat templates and OpenAI-compatible servers take it."""
        return {
            "type": "function",
            "function": {
                "name": self.name,
                "description": self.doc,
                "parameters": {
                    "type": "object",
                    "properties": {name: dict(p) for name, p in self.parameters.items()},
                    "required": [name for name in self.parameters if name not in self.optional],
                    "additionalProperties": False,
                },
            },
        }

    def signature(self) -> str:
        """`buy(item: string, quantity: integer)`; a parameter with ? may be left out."""
        marks = {name: "?" if name in self.optional else "" for name in self.parameters}
        shown = (f"{name}{marks[name]}: {_kind(p)}" for name, p in self.parameters.items())
        return f"{self.name}({', '.join(shown)})"

    def __call__(self, world: World, arguments: Mapping[str, Any]) -> Any:
        """Check the arguments, then run.

        Raises:
            ToolError: arguments that break the schema.
        """
        self._check(arguments)
        return self.run(world, **arguments)

    def _check(self, arguments: Mapping[str, Any]) -> None:
        for name in arguments:
            if name not in self.parameters:
                near = near_misses(name, self.parameters)
                raise ToolError(f"{self.name} has no parameter {name[:40]!r}.{near}")
        for name, parameter in self.parameters.items():
            if name in arguments:
                if problem := _problem(parameter, arguments[name]):
                    raise ToolError(f"{self.name}: {name} must be {problem}.")
            elif name not in self.optional:
                raise ToolError(f"{self.name} needs {name}: {_kind(parameter)}.")


def _kind(parameter: Mapping[str, Any]) -> str:
    return "|".join(parameter["enum"]) if "enum" in parameter else str(parameter["type"])


def _problem(parameter: Mapping[str, Any], value: Any) -> str | None:
    """What the value should have been, or None if it is that."""
    kind = parameter["type"]
    if isinstance(value, bool) or not isinstance(value, _TYPES[kind]):
        return f"of type {kind}"
    if isinstance(value, float) and not math.isfinite(value):
        return "finite"
    if "enum" in parameter and value not in parameter["enum"]:
        return f"one of {', '.join(parameter['enum'])}"
    if "pattern" in parameter and not re.fullmatch(parameter["pattern"], str(value)):
        return f"like {parameter['description']}"
    if "minimum" in parameter and value < parameter["minimum"]:
        return f"at least {parameter['minimum']}"
    return None
