"""Runs inside the box: calls functions of the folder, writes one line of JSON for each."""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from typing import Any, NoReturn

ANSWERS = 3


def plain(value: Any) -> bool:
    """Whether JSON gives back just this."""
    if isinstance(value, list):
        return all(plain(v) for v in value)
    if isinstance(value, dict):
        return all(type(k) is str and plain(v) for k, v in value.items())
    return value is None or type(value) in (bool, int, float, str)


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """Call one function."""
    try:
        module, _, name = asked["function"].rpartition(".")
        value = getattr(importlib.import_module(module), name)(*asked["arguments"])
    except Exception as error:  # a stranger's code may raise anything; it is the answer
        return {"error": type(error).__name__, "detail": str(error)[:300]}
    return {"value": value} if plain(value) else {"error": "not plain data"}


def too_long(_signal: int, _frame: Any) -> NoReturn:
    """Stop the call that is running."""
    raise TimeoutError("the call took too long")


def main() -> None:
    """Answer every call."""
    asked = json.load(sys.stdin)
    signal.signal(signal.SIGALRM, too_long)
    for call in asked["calls"]:
        signal.setitimer(signal.ITIMER_REAL, asked["each_s"])
        told = answer(call)
        signal.setitimer(signal.ITIMER_REAL, 0)
        os.write(ANSWERS, json.dumps(told).encode() + b"\n")


if __name__ == "__main__":
    main()
