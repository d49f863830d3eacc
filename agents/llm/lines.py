"""A file of JSON lines that grows, and is cut back to a checkpoint when a run resumes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class JsonLines:
    """One line per record, flushed at once; with `offset` (bytes) that much of the file is kept."""

    def __init__(self, path: Path, offset: int | None = None) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if offset is None:
            path.write_text("", encoding="utf-8")
        else:
            os.truncate(path, offset)
        self._file = path.open("a", encoding="utf-8")

    def write(self, record: Mapping[str, Any]) -> None:
        """Append a record."""
        self._file.write(json.dumps(record) + "\n")
        self._file.flush()

    def offset(self) -> int:
        """Bytes written so far."""
        return self.path.stat().st_size

    def close(self) -> None:
        """Close the file."""
        self._file.close()
