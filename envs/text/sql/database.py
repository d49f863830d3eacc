"""An SQLite database in memory that can only be read, and only so much."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from typing import Any

from .domains import Row, Table

#: instructions of SQLite's machine that one query may take, counted and so the same everywhere
MAX_STEPS = 200_000
_EVERY = 1000
#: rows and bytes of a result that are read, bytes of any value, characters of a query
MAX_ROWS, MAX_BYTES, MAX_VALUE, MAX_SQL = 1000, 100_000, 2000, 1000
#: functions that a query may call: none makes long values, reads a clock or a file
FUNCTIONS = frozenset(
    (
        *("abs", "avg", "cast", "coalesce", "count", "ifnull", "iif", "instr", "length", "like"),
        *("lower", "ltrim", "max", "min", "nullif", "round", "rtrim", "substr", "substring"),
        *("sum", "total", "trim", "upper", "rank", "dense_rank", "row_number"),
    )
)
_READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: MAX_VALUE,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: MAX_SQL,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_COLUMN: 32,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 50,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 10,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 50,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}


@dataclass(frozen=True)
class Result:
    """What a query gave.

    Args:
        columns, rows: the result; empty after an error.
        problem: `` for none, `syntax` (it does not compile), `denied` (it does more than read)
            or `limit` (too long, too large).
        message: what is wrong, for the agent.
        items: tables, and `table.column`s, that the query reads, as SQLite resolves them.
    """

    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    problem: str = ""
    message: str = ""
    items: frozenset[str] = frozenset()


@dataclass
class Database:
    """Tables with rows; copies and pickles are made of these and open a connection of their own."""

    tables: tuple[Table, ...]
    rows: dict[str, list[Row]]
    _connection: sqlite3.Connection | None = field(default=None, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_connection": None}

    def query(self, sql: str) -> Result:
        """Run one query, whatever it says, within the limits."""
        items: set[str] = set()
        if self._connection is None:
            self._connection = self._open()
        connection, denied, left = self._connection, list[str](), [MAX_STEPS // _EVERY]

        def allow(action: int, first: str | None, second: str | None, *_: str | None) -> int:
            if action == sqlite3.SQLITE_READ and first in self.rows:
                items.update({first, f"{first}.{second}"} if second else {first})
            known = (second or "").lower() in FUNCTIONS
            if action in _READS or (action == sqlite3.SQLITE_FUNCTION and known):
                return sqlite3.SQLITE_OK
            denied.append((second or "") if action == sqlite3.SQLITE_FUNCTION else "")
            return sqlite3.SQLITE_DENY

        def spent() -> bool:
            left[0] -= 1
            return left[0] < 0

        connection.set_authorizer(allow)
        connection.set_progress_handler(spent, _EVERY)
        try:
            return self._read(connection.execute(sql), frozenset(items))
        except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as error:
            return _failed(str(error), denied, frozenset(items), interrupted=left[0] < 0)

    @staticmethod
    def _read(cursor: sqlite3.Cursor, items: frozenset[str]) -> Result:
        if cursor.description is None:
            return Result(problem="syntax", message="this is no query", items=items)
        rows, size = [], 0
        for row in cursor:
            rows.append(row)
            size += sum(len(str(value)) for value in row)
            if len(rows) > MAX_ROWS or size > MAX_BYTES:
                cursor.close()
                said = f"more than {MAX_ROWS} rows or {MAX_BYTES} characters"
                return Result(problem="limit", message=said, items=items)
        return Result(tuple(d[0] for d in cursor.description), tuple(rows), items=items)

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            ":memory:", check_same_thread=False, cached_statements=0, isolation_level=None
        )
        connection.execute("PRAGMA temp_store = MEMORY")
        for table in self.tables:
            connection.execute(table.create())
            marks = ", ".join("?" * (2 + len(table.columns)))
            rows = self.rows[table.name]
            connection.executemany(f"INSERT INTO {table.name} VALUES ({marks})", rows)
        connection.execute("PRAGMA query_only = ON")
        for limit, value in _LIMITS.items():
            connection.setlimit(limit, value)
        return connection


def _failed(message: str, denied: list[str], items: frozenset[str], *, interrupted: bool) -> Result:
    if interrupted:
        said = f"the query takes more than {MAX_STEPS} steps"
        return Result(problem="limit", message=said, items=items)
    if denied:
        what = (
            f"the function {denied[0]}() is not allowed" if denied[0] else "only reading is allowed"
        )
        return Result(problem="denied", message=what, items=items)
    large = "too big" in message or "too large" in message or "too complex" in message
    return Result(problem="limit" if large else "syntax", message=message, items=items)
