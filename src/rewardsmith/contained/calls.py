"""Call functions of a stranger's program, and get their results as plain data.

What is expected never enters the box: the caller compares. A program can therefore forge a pass
only by giving the right answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rewardsmith.errors import ConfigError

from .runner import Finished, Limits, run_contained

_WORKER = Path(__file__).with_name("worker.py")
_NAME = "_rewardsmith_worker.py"


@dataclass(frozen=True)
class Call:
    """A function to call.

    Args:
        function: `module.name`, for instance `shop.prices.total`.
        arguments: plain data (None, bool, int, float, str, lists, dicts with str keys).
    """

    function: str
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a call gave.

    Args:
        value: the result, if `error` is empty.
        error: the name of the exception; `no answer` if the program never came to it;
            `not plain data` for a result that JSON does not know.
        detail: the exception's message, cut.
    """

    value: Any = None
    error: str = ""
    detail: str = ""


def call_functions(
    files: Mapping[str, str],
    calls: Sequence[Call],
    *,
    each_s: float = 0.5,
    limits: Limits | None = None,
    allow_weaker: bool = False,
) -> tuple[list[Answer], Finished]:
    """Call each function in turn, in one contained process.

    Args:
        files: relative path -> text; the folder is where modules are imported from.
        each_s: seconds for one call; then its error is `TimeoutError`.
        limits: for all together; see `Limits`.

    Raises:
        ConfigError, ContainmentError: see `run_contained`.
    """
    if _NAME in files:
        raise ConfigError(f"{_NAME} is the name of our own file. Rename yours.")
    asked = [{"function": c.function, "arguments": list(c.arguments)} for c in calls]
    given = json.dumps({"calls": asked, "each_s": each_s})
    done = run_contained(
        {**files, _NAME: _WORKER.read_text(encoding="utf-8")},
        [_NAME],
        given=given,
        limits=limits,
        allow_weaker=allow_weaker,
    )
    lines = done.answers.split("\n")[: len(calls)]
    answers = [_answer(line) for line in lines]
    return answers + [Answer(error="no answer")] * (len(calls) - len(answers)), done


def _answer(line: str) -> Answer:
    """Read a line that a stranger may have written."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return Answer(error="no answer")
    if not isinstance(told, dict):
        return Answer(error="no answer")
    return Answer(told.get("value"), str(told.get("error", "")), str(told.get("detail", "")))
