"""CSV files that grow row by row, and are cut back to a checkpoint when a run resumes."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path


class Table:
    """One growing CSV file; every row is flushed, so that a reader sees whole rows."""

    def __init__(self, path: Path, columns: Sequence[str], offset: int | None = None) -> None:
        """Start the file, or with `offset` (bytes) keep that much of it and append."""
        self.path, self.columns = path, list(columns)
        path.parent.mkdir(parents=True, exist_ok=True)
        if offset is None:
            path.write_text("", encoding="utf-8")
        else:
            os.truncate(path, offset)
        self._file = path.open("a", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\n")
        if offset is None:
            self._writer.writerow(self.columns)
            self._file.flush()

    def write(self, row: Mapping[str, float | None]) -> None:
        """Append one row; None and NaN become an empty cell."""
        self._writer.writerow([_cell(row[c]) for c in self.columns])
        self._file.flush()

    def offset(self) -> int:
        """Bytes written so far."""
        return self.path.stat().st_size

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _cell(value: float | None) -> str:
    if value is None or math.isnan(value):
        return ""
    return str(value) if isinstance(value, int) else f"{value:.6g}"
