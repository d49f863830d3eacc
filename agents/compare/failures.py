"""Why a run failed, in one line beside its log."""

from __future__ import annotations

import re
from pathlib import Path

_NAME = "failure.txt"
#: where an error's own words begin in a traceback; its frames are indented
_ERROR = re.compile(r"^(?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*: .*)$")
_LONGEST = 400


def last_words(log: Path) -> str:
    """The error at the end of a worker's log, or its last line; empty if there is no log."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        return ""
    after = next((i for i, x in enumerate(reversed(lines)) if x.startswith("Traceback")), None)
    tail = lines[len(lines) - after :] if after is not None else lines[-1:]
    errors = [m[1] for line in tail if (m := _ERROR.match(line))]
    told = (errors or lines[-1:] or [""])[-1].strip()
    return told if len(told) <= _LONGEST else told[:_LONGEST] + " ..."


def write_failure(run: Path) -> None:
    """Note that the run of this folder failed, with the end of its log."""
    (run / _NAME).write_text(last_words(run / "log.txt") or "no reason given", encoding="utf-8")


def forget_failure(run: Path) -> None:
    """The run is tried again."""
    (run / _NAME).unlink(missing_ok=True)


def read_failure(run: Path) -> str:
    """Why the run failed; empty if it did not."""
    try:
        return (run / _NAME).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
