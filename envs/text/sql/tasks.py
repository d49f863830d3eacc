"""A task: a question, the database that the agent sees, and two others that only judge."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from .database import Database, Result
from .domains import DOMAINS, SPLIT_DOMAINS, Table, draw_rows
from .questions import Question, draw_question
from .signals import same_result

#: databases with other rows, on which an answer must be right too
UNSEEN = 2


@dataclass
class Task:
    """What `draw` gives; `gold` are the right results, on the database shown first."""

    domain: str
    tables: tuple[Table, ...]
    question: Question
    databases: tuple[Database, ...]
    gold: tuple[Result, ...]

    def matches(self, sql: str, place: int = 0) -> bool:
        """Whether a query gives the right rows on one of the databases."""
        found = self.databases[place].query(sql)
        return same_result(found, self.gold[place], ordered=self.question.ordered)

    def solved_by(self, sql: str) -> bool:
        """Whether a query gives the right rows on all databases."""
        return all(self.matches(sql, place) for place in range(len(self.databases)))


def draw(seed: int, split: str, levels: tuple[str, ...]) -> Task:
    """The task of a seed."""
    random = Random(f"text to sql {seed}")
    domain = random.choice(SPLIT_DOMAINS[split])
    tables = DOMAINS[domain]
    databases = tuple(Database(tables, draw_rows(tables, random)) for _ in range(1 + UNSEEN))
    question = _asked(random.choice(levels), databases[0], random)
    gold = tuple(database.query(question.sql) for database in databases)
    return Task(domain, tables, question, databases, gold)


def _asked(level: str, database: Database, random: Random) -> Question:
    """A question whose answer here is not empty."""
    while True:
        question = draw_question(level, database.tables, database.rows, random)
        if database.query(question.sql).rows:
            return question


def wrong_queries(task: Task, count: int, levels: tuple[str, ...], random: Random) -> list[str]:
    """Right answers to other questions about the same tables, which are wrong here."""
    found: list[str] = []
    while len(found) < count:
        database = task.databases[0]
        other = draw_question(random.choice(levels), database.tables, database.rows, random)
        if other.sql not in found and not task.matches(other.sql):
            found.append(other.sql)
    return found
