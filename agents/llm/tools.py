"""An environment of text whose moves are tools, as TRL's `environment_factory` wants it."""

from __future__ import annotations

import inspect
import json
import keyword
import logging
from collections.abc import Callable, Mapping
from typing import Any

from rewardsmith.agents.llm.place import LanguagePlace
from rewardsmith.agents.llm.slot import Slot
from rewardsmith.errors import ConfigError

logger = logging.getLogger("rewardsmith")
OVER = "The episode is over: nothing more is played. End without a call."
#: for environments that list no tools of their own
ACT: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "act",
        "description": "Say a line to the environment, and read its answer.",
        "parameters": {
            "type": "object",
            "properties": {"line": {"type": "string", "description": "one line, as instructed"}},
            "required": ["line"],
        },
    },
}
_SAY_IT = "Say each line by calling the tool act; what is said without it is not heard."
_KINDS: dict[str, type] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "array": list,
    "object": dict,
}
#: names that TRL keeps for itself
_KEPT = ("reset", "get_reward")


class ToolEnvironment:
    """One slot of a place; its subclasses of `tool_environment` have a method for each tool.

    TRL offers every public method but `reset` to the model, and calls them in the order in which
    a message names them. A call is a step of the environment, and is paid once the episode has
    ended: all calls of a message belong to its turn. TRL cannot be told that an episode is over:
    calls beyond the end get `OVER` for an answer, and are no steps.

    Whatever a tool raises is told to the agent, and costs what the environment takes for an empty
    line (`invalid_cost`); so does a call of a tool that there is not.

    Args:
        place: where the episode is played and paid.
        index: of the slot.
    """

    def __init__(self, place: LanguagePlace, index: int) -> None:
        self.place, self.index = place, index
        #: the episode; there is one from `reset` on
        self.slot: Slot
        #: the number of the message that is being said
        self.turn = 0

    def reset(self, task: int = 0, **row: Any) -> str:
        """Start the task of this seed, and give its first text; other columns are ignored."""
        self.slot, self.turn = self.place.begin(self.index, task), 0
        return self.slot.obs

    def _call(self, name: str, arguments: Mapping[str, Any]) -> str:
        """What the agent reads after a call."""
        if self.slot.over:
            return OVER
        line = self._line(name, arguments)
        if line is None:
            return f"There is no such call. Call act(line: string).\n{self._say_nothing()}"
        try:
            return self.slot.step(line, self.turn).after
        # whatever a tool raises is for the agent to read
        except Exception as error:
            logger.warning("The tool %s raised %s: %s", name, type(error).__name__, error)
            return f"error: {type(error).__name__}: {error}\n{self._say_nothing()}"

    def _say_nothing(self) -> str:
        return self.slot.step("", self.turn).after

    def _line(self, name: str, arguments: Mapping[str, Any]) -> str | None:
        """The line that a call stands for; None if it stands for none."""
        if self.place.tool_schemas:
            return json.dumps({"name": name, "arguments": dict(arguments)})
        line = arguments.get("line")
        known = name == ACT["function"]["name"] and len(arguments) == 1 and isinstance(line, str)
        return line if known else None


class Calls(dict[str, Callable[..., str]]):
    """The tools of one environment by name; one that there is not is the environment's to answer.

    TRL by itself would answer such a call, and the environment would not hear of it.
    """

    def __init__(self, environment: ToolEnvironment) -> None:
        super().__init__()
        self.environment = environment

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)

    def __missing__(self, name: str) -> Callable[..., str]:
        return lambda **arguments: self.environment._call(name, arguments)


def tool_environment(place: LanguagePlace) -> type[ToolEnvironment]:
    """The environment's class for TRL: a typed method with a docstring for each of its tools.

    Where the environment has `tool_schemas` (JSON schemas as chat templates take them) a call is
    the line `{"name": ..., "arguments": {...}}`. Any other has the one tool `act(line: str)`.

    Raises:
        ConfigError: a name of a tool or of a parameter that no Python method can have.
    """
    schemas = place.tool_schemas or (ACT,)
    methods = {str(s["function"]["name"]): _method(s["function"]) for s in schemas}
    return type("Tools", (ToolEnvironment,), methods)


def tool_instructions(place: LanguagePlace) -> str:
    """What a model that calls tools is told once; the tools themselves are in the template."""
    if place.tool_schemas:
        return place.tool_instructions or place.instructions
    return f"{place.instructions}\n\n{_SAY_IT}".strip()


def check_template(tokenizer: Any) -> None:
    """See that tools can be shown in this tokenizer's chat template, and calls read out of it.

    Sets the tokenizer's `response_template` where TRL knows it.

    Raises:
        ConfigError: they cannot.
    """
    from trl import chat_template_utils as templates

    remedy = (
        "Received a tokenizer {}; give a model of a family that calls tools (Qwen2.5, Qwen3, "
        "Llama 3.1, ...), or choose interface: line."
    )
    if tokenizer.eos_token is None or not templates.supports_tool_calling(tokenizer):
        raise ConfigError(
            "interface: tools asks for a chat template that shows tools, calls and results, and "
            f"for an end-of-sequence token. {remedy.format('without them')}"
        )
    parsers = ("response_template", "response_schema")
    try:
        if all(getattr(tokenizer, name, None) is None for name in parsers):
            templates.add_response_schema(tokenizer)
        if not templates.is_chat_template_prefix_preserving(tokenizer):
            templates.get_training_chat_template(tokenizer)
    except ValueError as error:
        raise ConfigError(
            "interface: tools asks for a chat template that TRL knows, or for a tokenizer with a "
            f"response_template of its own. {remedy.format(f'where TRL says: {error}')}"
        ) from error


def _method(function: Mapping[str, Any]) -> Callable[..., str]:
    name = str(function["name"])
    parameters: Mapping[str, Mapping[str, Any]] = function["parameters"].get("properties", {})
    _check_names(name, parameters)
    required = function["parameters"].get("required", ())

    def call(self: ToolEnvironment, **arguments: Any) -> str:
        return self._call(name, arguments)

    kinds = {p: _KINDS.get(str(s.get("type")), str) for p, s in parameters.items()}
    given = inspect.Parameter.POSITIONAL_OR_KEYWORD
    shown = [
        inspect.Parameter(
            p, inspect.Parameter.KEYWORD_ONLY, annotation=kind, **_default(p in required)
        )
        for p, kind in kinds.items()
    ]
    call.__name__, call.__qualname__ = name, f"Tools.{name}"
    call.__doc__ = _docstring(str(function.get("description", name)), parameters)
    call.__annotations__ = {**kinds, "return": str}
    call.__dict__["__signature__"] = inspect.Signature(
        [inspect.Parameter("self", given), *shown], return_annotation=str
    )
    return call


def _default(required: bool) -> dict[str, Any]:
    return {} if required else {"default": None}


def _docstring(description: str, parameters: Mapping[str, Mapping[str, Any]]) -> str:
    """In Google's style, which is what transformers reads; JSON schema's `enum` as choices."""
    lines = [f"    {name}: {_described(schema)}" for name, schema in parameters.items()]
    return "\n".join([description, *(["", "Args:", *lines] if lines else [])])


def _described(schema: Mapping[str, Any]) -> str:
    said = str(schema.get("description", schema.get("type", "string")))
    least = f", at least {schema['minimum']}" if "minimum" in schema else ""
    choices = f" (choices: {json.dumps(list(schema['enum']))})" if "enum" in schema else ""
    return f"{said}{least}{choices}"


def _check_names(name: str, parameters: Mapping[str, Any]) -> None:
    kept = name in _KEPT or name.startswith("_")
    for word in (name, *parameters):
        if kept or not word.isidentifier() or keyword.iskeyword(word):
            raise ConfigError(
                f"Tools and their parameters are named as Python's methods are, and no tool is "
                f"{' or '.join(_KEPT)} or begins with _. Received {word!r} of the tool {name!r}."
            )
