"""Tools called in JSON, turn by turn, over a simulated world."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from rewardsmith.envs.text.base import COMMON, Reply, TextGame
from rewardsmith.envs.text_space import shortened
from rewardsmith.errors import ConfigError, near_misses
from rewardsmith.features import Feature, FeatureSchema

from . import goals, world
from .goals import KINDS, Call
from .matching import match
from .schema import ToolError
from .tools import FINISH, TOOLS

SCHEMA = FeatureSchema(
    [
        *COMMON,
        Feature("format_ok", "the last line was a call in JSON; False before", dtype="bool"),
        Feature("name_match", "Jaccard index of tools called and needed", low=0, high=1),
        Feature(
            "parameter_match",
            "mean Jaccard index of parameter names, by needed call",
            low=0,
            high=1,
        ),
        Feature("value_match", "share of the needed argument values that are right", low=0, high=1),
        Feature("tool_score", "ToolRL's sum of all three over its maximum", low=0, high=1),
        Feature("calls", "calls in JSON so far", low=0, dtype="int"),
        Feature("calls_failed", "of them, those that a tool refused", low=0, dtype="int"),
        Feature("calls_needed", "calls of the reference", low=1, dtype="int"),
        Feature("calls_left", "of them, those not yet made exactly so", low=0, dtype="int"),
        Feature("share_left", "calls_left over calls_needed", low=0, high=1),
        Feature("world_right", "the world is as the reference leaves it", dtype="bool"),
        Feature("answer_right", "finished with the right answer, where one is due", dtype="bool"),
        Feature("finished", "finish was called", dtype="bool"),
        Feature("tool", "the last tool called, empty before", dtype="text"),
        Feature("result", "what it answered, empty before", dtype="text"),
        Feature("calls_made", "all calls so far, as `tool_match` reads them", dtype="text"),
        Feature("reference_calls", "the calls of the reference, one a line", dtype="text"),
        Feature("goal", "what is asked for", dtype="text"),
        Feature("truth", "the answer due, empty where none is", dtype="text"),
        Feature("answer", "the answer given, empty before", dtype="text"),
    ]
)


class ToolCallingEnv(TextGame):
    """A line is a call, `{"name": "buy", "arguments": {"item": "mug", "quantity": 2}}`.

    The reward is 1 for a `finish` with the right answer in a world that is as the reference's
    calls leave it, whatever the calls that led there; `finish` ends the episode. A tool that
    raises answers `error: ...` and changes nothing.

    Args:
        min_goals, max_goals: how many things are asked for at once, 1 to the number of kinds.
        kinds: of goals, some of `goals.KINDS`; all by default.
        failure_rate: probability that a call fails for no reason of the agent's, below 1.
        **common: as `TextGame`; `actions='index'` is refused, for lines are free text.
    """

    feature_schema = SCHEMA
    lists_commands = False
    max_line = 1024
    #: for models that are shown `tool_schemas` by their chat template
    tool_instructions = (
        "Reach the goal by calling tools, and read their results. When all is done, call finish, "
        "with the answer if the goal asks to be told something."
    )
    instructions = (
        "Reach the goal by calling tools. Each turn, write one line, a call in JSON such as "
        '`{"name": "find_contact", "arguments": {"name": "Ada Hill"}}`, and read its result. When '
        "all is done, call finish, with the answer if the goal asks to be told something. "
        "The tools:\n" + "\n".join(f"{tool.signature()}: {tool.doc}" for tool in TOOLS.values())
    )

    def __init__(
        self,
        *,
        min_goals: int = 1,
        max_goals: int = 2,
        kinds: Sequence[str] = tuple(KINDS),
        failure_rate: float = 0.0,
        **common: Any,
    ) -> None:
        for kind in kinds:
            if kind not in KINDS:
                raise ConfigError(
                    f"kinds are some of {', '.join(KINDS)}. Received {kind!r}."
                    f"{near_misses(str(kind), KINDS)}"
                )
        self._kinds = tuple(dict.fromkeys(kinds))
        if not 1 <= min_goals <= max_goals <= len(self._kinds):
            raise ConfigError(
                f"Goals are 1 <= min_goals <= max_goals <= {len(self._kinds)}, the number of "
                f"kinds. Received {min_goals}..{max_goals}."
            )
        if not 0 <= failure_rate < 1:
            raise ConfigError(f"failure_rate is 0 to below 1. Received {failure_rate!r}.")
        self._goals, self._failure_rate = (min_goals, max_goals), failure_rate
        super().__init__(**common)

    @property
    def tool_schemas(self) -> list[dict[str, Any]]:
        """The tools in JSON schema, as chat templates and OpenAI-compatible servers take them."""
        return [tool.schema() for tool in TOOLS.values()]

    def _begin(self, task_seed: int) -> str:
        rng = np.random.default_rng(task_seed)
        self._dice = np.random.default_rng([task_seed, 1])
        self._world = world.draw(rng)
        count = int(rng.integers(self._goals[0], self._goals[1] + 1))
        self._goal = goals.draw(self._world, count, self._kinds, rng)
        self._wanted = _after(self._world, self._goal.calls)
        self._made: list[Call] = []
        self._lines: list[str] = []
        self._left = list(self._goal.calls)
        self._failed, self._format_ok = 0, False
        self._answer: str | None = None
        self._result = ""
        return self._goal.text

    def _play(self, line: str) -> Reply:
        call = read_call(line)
        self._format_ok = call is not None
        if call is None:
            return Reply("", understood=False)
        self._made.append(call)
        self._lines.append(line.replace("\n", " "))
        if call.name not in TOOLS:
            return self._refused(call.name)
        try:
            self._result = self._called(call)
        # whatever a tool raises is for the agent to read; the world is as before the call
        except Exception as error:
            self._failed += 1
            said = (
                str(error) if isinstance(error, ToolError) else f"{type(error).__name__}: {error}"
            )
            self._result = f"error: {said}"
            return Reply(self._result)
        return self._done(call)

    def _refused(self, name: str) -> Reply:
        self._failed += 1
        self._result = f"error: there is no tool {shortened(name)}.{near_misses(name, TOOLS)}"
        return Reply(self._result, understood=False)

    def _called(self, call: Call) -> str:
        if call.name != FINISH and self._dice.random() < self._failure_rate:
            raise ToolError("The service is busy. Try again.")
        after = copy.deepcopy(self._world)
        result = json.dumps(TOOLS[call.name](after, call.arguments))
        self._world = after
        return result

    def _done(self, call: Call) -> Reply:
        if call in self._left:
            self._left.remove(call)
        if call.name != FINISH:
            return Reply(self._result)
        self._answer = str(call.arguments.get("answer", ""))
        won = self._success()
        return Reply("Right." if won else "Wrong.", float(won), terminated=True)

    def _hint(self, line: str) -> str:
        if self._format_ok:
            return f"The tools are {', '.join(TOOLS)}."
        return (
            f"{shortened(line)} is not a call in JSON, such as "
            '{"name": "find_contact", "arguments": {"name": "Ada Hill"}}.'
        )

    def _world_right(self) -> bool:
        return self._world.state() == self._wanted

    def _answer_right(self) -> bool:
        return self._answer is not None and same_answer(self._answer, self._goal.answer)

    def _success(self) -> bool:
        return self._answer_right() and self._world_right()

    def _caption(self) -> str:
        made = " ".join(f"{c.name}({_written(c.arguments)})" for c in self._made[-4:]) or "none"
        return (
            f"Goal: {self._goal.text} Calls: {len(self._made)}, failed {self._failed}; last ones: "
            f"{made}. Reference calls left: {len(self._left)}. Last result: {self._result}"
        )

    def _features(self) -> dict[str, Any]:
        signals = match(self._made, self._goal.calls)
        return {
            "format_ok": self._format_ok,
            "name_match": signals.names,
            "parameter_match": signals.parameters,
            "value_match": signals.values,
            "tool_score": signals.score,
            "calls": len(self._made),
            "calls_failed": self._failed,
            "calls_needed": len(self._goal.calls),
            "calls_left": len(self._left),
            "share_left": len(self._left) / len(self._goal.calls),
            "world_right": self._world_right(),
            "answer_right": self._answer_right(),
            "finished": self._answer is not None,
            "tool": self._shown(self._made[-1].name) if self._made else "",
            "result": self._shown(self._result),
            "calls_made": "\n".join(["<tool_call>", *self._lines, "</tool_call>"]),
            "reference_calls": "\n".join(_in_json(call) for call in self._goal.calls),
            "goal": self._goal.text,
            "truth": self._goal.answer,
            "answer": self._shown(self._answer or ""),
        }

    def expert_line(self) -> str:
        """The first call of the reference that was not yet made."""
        call = self._left[0] if self._left else self._goal.calls[-1]
        return _in_json(call)


def read_call(line: str) -> Call | None:
    """A JSON object of exactly a `name` (str) and `arguments` (object); None for all else.

    >>> read_call('{"name": "list_items", "arguments": {}}')
    Call(name='list_items', arguments={})
    """
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):  # no JSON; nested too deep
        return None
    if not isinstance(value, dict) or set(value) != {"name", "arguments"}:
        return None
    if not isinstance(value["name"], str) or not isinstance(value["arguments"], dict):
        return None
    return Call(value["name"], value["arguments"])


def same_answer(given: str, truth: str) -> bool:
    """Whether the parts between `;` agree in order: numbers by value, words without case."""
    parts = [[_part(p) for p in text.split(";")] for text in (given, truth)]
    return parts[0] == parts[1]


def _part(text: str) -> str | float:
    text = " ".join(text.lower().split()).rstrip(".")
    try:
        return float(text)
    except ValueError:
        return text


def _after(start: world.World, calls: Sequence[Call]) -> dict[str, Any]:
    """The world's state after the reference calls."""
    end = copy.deepcopy(start)
    for call in calls:
        TOOLS[call.name](end, call.arguments)
    return end.state()


def _in_json(call: Call) -> str:
    return json.dumps({"name": call.name, "arguments": call.arguments})


def _written(arguments: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())


def make_env(render_mode: str | None = None, **kwargs: Any) -> ToolCallingEnv:
    """Build the env; keywords as `ToolCallingEnv`.

    Raises:
        ConfigError: for a setting out of range.
    """
    return ToolCallingEnv(render_mode=render_mode, **kwargs)
