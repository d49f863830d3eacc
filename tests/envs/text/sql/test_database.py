"""Queries that mean harm, and what is counted of those that do not."""

from __future__ import annotations

import copy
import pickle
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from rewardsmith.envs.text.sql.database import MAX_ROWS, Database
from rewardsmith.envs.text.sql.domains import Column, Table

PEOPLE = Table("people", "person", "people", (Column("age", "age", low=1, high=99),), (2, 2))
ROWS: dict[str, Any] = {"people": [(1, "Ann", 30), (2, "Bob", 20), (3, "Cem", 30)]}
FOREVER = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"


@pytest.fixture
def people() -> Database:
    return Database((PEOPLE,), ROWS)


def test_a_query_gives_rows_and_what_it_reads(people: Database) -> None:
    found = people.query("SELECT p.name FROM people AS p WHERE age = 30 ORDER BY name")
    assert found.rows == (("Ann",), ("Cem",))
    assert found.columns == ("name",)
    assert found.items == {"people", "people.name", "people.age"}
    assert people.query("SELECT COUNT(*) FROM people").items == {"people"}


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE people",
        "DELETE FROM people",
        "UPDATE people SET age = 1 RETURNING age",
        "INSERT INTO people VALUES (4, 'Dan', 1)",
        "CREATE TABLE x (y)",
        "CREATE TEMP TABLE x (y)",
        "ATTACH '/etc/passwd' AS other",
        "PRAGMA query_only = OFF",
        "SELECT * FROM pragma_table_info('people')",
        "BEGIN EXCLUSIVE",
        "SELECT load_extension('evil')",
        "SELECT randomblob(1000000000)",
        "SELECT zeroblob(1000000000)",
        "SELECT printf('%1000000d', 1)",
        "SELECT date('now')",
        "SELECT writefile('out', 'x')",
        "SELECT 1; DROP TABLE people",
    ],
)
def test_what_does_more_than_read_is_refused(people: Database, sql: str) -> None:
    assert people.query(sql).problem in ("denied", "syntax")
    assert people.query("SELECT COUNT(*), SUM(age) FROM people").rows == ((3, 80),)


def test_no_file_is_written(people: Database, tmp_path: Path) -> None:
    assert people.query(f"VACUUM INTO '{tmp_path}/copy.db'").problem == "denied"
    assert people.query(f"ATTACH '{tmp_path}/new.db' AS n").problem == "denied"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "sql",
    [
        f"{FOREVER} SELECT COUNT(*) FROM c",
        f"{FOREVER} SELECT x FROM c",
        f"{FOREVER} SELECT x FROM c ORDER BY x DESC",
        "SELECT COUNT(*) FROM " + ", ".join(f"people AS p{i}" for i in range(20)),
        "SELECT * FROM " + ", ".join(f"people AS p{i}" for i in range(9)),
        "WITH RECURSIVE c(x) AS (SELECT 'aaaaaaaa' UNION ALL SELECT x || x FROM c) SELECT x FROM c",
    ],
)
def test_what_never_ends_or_grows_is_stopped(people: Database, sql: str) -> None:
    begun = time.monotonic()
    found = people.query(sql)
    assert (found.problem, found.rows) == ("limit", ())
    assert time.monotonic() - begun < 2
    assert people.query("SELECT 1").rows == ((1,),)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT '" + "a" * 900 + "' LIKE '" + "%a" * 24 + "b'",
        "SELECT " + "(" * 400 + "1" + ")" * 400,
        "SELECT 1 " + "UNION SELECT 1 " * 60,
        "SELECT " + "abs(" * 90 + "1" + ")" * 90,
        "SELECT 1" + " + 1" * 240,
        "SELECT 'x' " * 2000,
    ],
)
def test_odd_queries_cost_no_time(people: Database, sql: str) -> None:
    begun = time.monotonic()
    people.query(sql)
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize(
    "sql", ["", ";", "SELECT", "SELECT nothing FROM people", "x", "SELECT '\0'"]
)
def test_what_does_not_compile_says_so(people: Database, sql: str) -> None:
    found = people.query(sql)
    assert found.problem == "syntax"
    assert found.message


def test_rows_and_steps_are_counted(people: Database) -> None:
    few = f"{FOREVER} SELECT x FROM c LIMIT "
    assert len(people.query(f"{few}{MAX_ROWS}").rows) == MAX_ROWS
    assert people.query(f"{few}{MAX_ROWS + 1}").problem == "limit"
    # 3^8 = 6,561 rows cross without an end; 3^12 = 531,441 are more than 200,000 steps.
    count = "SELECT COUNT(*) FROM " + ", ".join(f"people AS p{i}" for i in range(8))
    assert people.query(count).rows == ((6561,),)
    assert people.query(count + "".join(f", people AS p{i}" for i in range(8, 12))).problem


def test_copies_pickles_and_threads_work(people: Database) -> None:
    people.query("SELECT 1")
    for other in (copy.deepcopy(people), pickle.loads(pickle.dumps(people))):
        assert other.query("SELECT COUNT(*) FROM people").rows == ((3,),)
    heard: list[Any] = []
    thread = threading.Thread(target=lambda: heard.append(people.query("SELECT 2").rows))
    thread.start()
    thread.join()
    assert heard == [((2,),)]


def test_a_plain_connection_would_have_dropped_the_table() -> None:
    """The tests above can fail: without containment the same text does harm."""
    plain = sqlite3.connect(":memory:")
    plain.execute(PEOPLE.create())
    plain.execute("DROP TABLE people")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        plain.execute("SELECT * FROM people")
    plain.close()
