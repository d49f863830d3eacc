"""Answer questions about a database in SQL."""

from __future__ import annotations

from random import Random
from typing import Any

from rewardsmith.envs.text.base import Reply, TextGame
from rewardsmith.envs.text_space import one_of
from rewardsmith.errors import ConfigError

from .database import MAX_SQL, Result
from .questions import LEVELS
from .schema import SCHEMA
from .signals import ngram_similarity, result_overlap, schema_linking
from .tasks import Task, draw, wrong_queries

_SHOWN_ROWS, _SHOWN_CELL = 10, 30
#: first words of statements, also of those that are refused
_STATEMENTS = frozenset(
    (
        *("select", "with", "values", "explain", "insert", "update", "delete", "replace", "drop"),
        *("create", "alter", "attach", "detach", "pragma", "vacuum", "begin", "commit", "analyze"),
        *("reindex", "rollback", "savepoint", "release", "end"),
    )
)


class TextToSQL(TextGame):
    """A question in words about an SQLite database; explore it with queries, then answer in SQL.

    Any line of SQL is run and its rows are shown, cut at ten; `schema` shows the tables again;
    `answer: SQL` ends the episode. The reward is 1 if the answer gives the right rows, else 0: as
    a multiset, or in order where the question asks for one, on the database shown and on two with
    other rows, so that no constant and no luck is right.

    Queries are contained: they can only read, call few functions, and use counted steps, rows
    and bytes (`database.py`). What does more gets an error to read.

    The split `test` has tables that `train` never has.

    Args:
        levels: which kinds of questions are asked, of `questions.LEVELS`.
        **common: as `TextGame`.
    """

    feature_schema = SCHEMA
    lists_commands = False
    max_line = MAX_SQL
    instructions = (
        "Answer the question about an SQLite database with one SQL query. Each turn, write one "
        "line: a query to see what it gives, `schema` to see the tables, or `answer: SQL` to "
        "answer, which you can do once. The database can only be read. Give just the columns "
        "that are asked for, in the order in which they are named."
    )

    def __init__(self, *, levels: tuple[str, ...] = LEVELS, **common: Any) -> None:
        if not levels:
            raise ConfigError(f"levels names at least one of {LEVELS}. Received none.")
        for level in levels:
            one_of("levels", level, LEVELS)
        self._levels = tuple(levels)
        super().__init__(**common)

    def _begin(self, task_seed: int) -> str:
        self._job: Task = draw(task_seed, self._split, self._levels)
        self._sql, self._queries, self._answered, self._solved = "", 0, False, False
        self._result = Result()
        return f"{self._tables()}\nQuestion: {self._job.question.text}"

    def _play(self, line: str) -> Reply:
        text = line.strip()
        first, colon, rest = text.partition(":")
        if colon and first.strip().lower() == "answer":
            return self._answer(rest.strip())
        if text.lower() == "schema":
            return Reply(f"{self._tables()}\nQuestion: {self._job.question.text}")
        if text.split()[0].lower().rstrip(";(") in _STATEMENTS:
            self._try(text)
            denied = self._result.problem == "denied"
            return Reply(shown(self._result), understood=not denied)
        return Reply("", understood=False)

    def _answer(self, sql: str) -> Reply:
        if not sql:
            return Reply("The answer is empty.", understood=False)
        self._try(sql)
        self._answered, self._solved = True, self._job.solved_by(sql)
        said = "Right." if self._solved else "That is not what was asked."
        text = f"{shown(self._result)}\n{said}"
        return Reply(text, reward=float(self._solved), terminated=True)

    def _try(self, sql: str) -> None:
        self._sql, self._queries = sql, self._queries + 1
        self._result = self._job.databases[0].query(sql)

    def _success(self) -> bool:
        return self._solved

    def _features(self) -> dict[str, Any]:
        job, result, tried = self._job, self._result, bool(self._sql)
        gold = job.gold[0]
        return {
            "answered": self._answered,
            "queries": self._queries,
            "syntax_valid": tried and result.problem not in ("syntax", "denied"),
            "executes": tried and not result.problem,
            "execution_match": tried and job.matches(self._sql),
            "schema_linking": schema_linking(result, gold) if tried else 0.0,
            "ngram_similarity": ngram_similarity(self._sql, job.question.sql) if tried else 0.0,
            "result_overlap": result_overlap(result, gold) if tried else 0.0,
            "level": LEVELS.index(job.question.level),
            "domain": job.domain,
            "question": job.question.text,
            "sql": self._sql,
            "gold": job.question.sql,
            "problem": result.problem,
        }

    def _caption(self) -> str:
        parts = [f"Question: {self._job.question.text}"]
        if self._sql:
            parts += [f"Last SQL: {self._sql}", shown(self._result)]
        if self._answered:
            parts.append("It was the answer, and it is " + ("right." if self._solved else "wrong."))
        return "\n".join(parts)

    def _hint(self, line: str) -> str:
        return "Write a query that reads (SELECT ...), `schema`, or `answer: SELECT ...`."

    def expert_line(self) -> str:
        """Try the right query, then answer with it."""
        gold = self._job.question.sql
        return f"answer: {gold}" if self._sql == gold else gold

    def _tables(self) -> str:
        return "\n".join(table.create() for table in self._job.tables)


class EasyTextToSQL(TextToSQL):
    """`TextToSQL` with four queries to choose from, each to be tried or to be the answer."""

    lists_commands = True
    choices = 4

    def __init__(
        self, *, levels: tuple[str, ...] = ("select", "where", "order"), **common: Any
    ) -> None:
        super().__init__(levels=levels, **common)

    def _begin(self, task_seed: int) -> str:
        text = super()._begin(task_seed)
        random = Random(f"easy text to sql {task_seed}")
        others = wrong_queries(self._job, self.choices - 1, self._levels, random)
        self._choices = random.sample([self._job.question.sql, *others], self.choices)
        return text

    def _admissible(self) -> list[str]:
        return [*self._choices, *(f"answer: {sql}" for sql in self._choices)]


def shown(result: Result) -> str:
    """A result as the agent reads it: at most ten rows, long values cut."""
    if result.problem:
        return f"Error: {result.message}."
    lines = [" | ".join(result.columns)]
    lines += [" | ".join(_cell(v) for v in row) for row in result.rows[:_SHOWN_ROWS]]
    left = len(result.rows) - _SHOWN_ROWS
    lines += [f"... and {left} more rows"] if left > 0 else []
    return "\n".join(lines) if result.rows else f"{lines[0]}\n(no rows)"


def _cell(value: Any) -> str:
    text = "NULL" if value is None else str(value)
    return text if len(text) <= _SHOWN_CELL else text[: _SHOWN_CELL - 3] + "..."


def make_env(render_mode: str | None = None, *, easy: bool = False, **kwargs: Any) -> TextToSQL:
    """Build the env; keywords as `TextToSQL`.

    Raises:
        ConfigError: for a setting out of range.
    """
    return (EasyTextToSQL if easy else TextToSQL)(render_mode=render_mode, **kwargs)
