"""JSON lines that several processes append to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock

from rewardsmith.errors import ConfigError


def read_lines(path: Path) -> list[dict[str, Any]]:
    """All whole lines of the file; none if it does not exist.

    A last line without its newline is what a killed process left, and is passed over.

    Raises:
        ConfigError: a whole line is no JSON object.
    """
    if not path.exists():
        return []
    whole = path.read_bytes().rpartition(b"\n")[0]
    return [_parse(path, i, line) for i, line in enumerate(whole.split(b"\n"), 1) if line.strip()]


def append_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Append rows in one write under a lock, after cutting off a torn last line."""
    text = "".join(json.dumps(dict(row), sort_keys=True) + "\n" for row in rows).encode()
    if not text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path}.lock"), path.open("a+b") as file:
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _parse(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict):
        raise ConfigError(
            f"{path} holds one JSON object a line. Line {number} is none: {line[:80]!r}. Mend the "
            "line, or delete the file to begin anew."
        )
    return row
