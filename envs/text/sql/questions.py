"""Questions in words with their SQL, from templates of six levels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from .domains import Row, Table

LEVELS = ("select", "where", "order", "group", "join", "nested")


@dataclass(frozen=True)
class Question:
    """What is asked, the SQL that answers it, and whether the order of rows counts."""

    level: str
    text: str
    sql: str
    ordered: bool = False


@dataclass(frozen=True)
class _Draw:
    """A table to ask about, and dice."""

    tables: tuple[Table, ...]
    rows: dict[str, list[Row]]
    random: Random

    def table(self) -> Table:
        return self.random.choice(self.tables)

    def child(self) -> tuple[Table, Table, str]:
        """A table, the one that it refers to, and by which column."""
        child = self.random.choice([t for t in self.tables if t.references])
        column = self.random.choice(child.references)
        return child, next(t for t in self.tables if t.name == column.refers), column.name

    def middle(self, table: Table, column: str) -> Row:
        """Values of the column, sorted, without the highest and the lowest."""
        place = 2 + [c.name for c in table.columns].index(column)
        return tuple(sorted(row[place] for row in self.rows[table.name])[1:-1])


def draw_question(
    level: str, tables: tuple[Table, ...], rows: dict[str, list[Row]], random: Random
) -> Question:
    """A question of a level about these tables."""
    asked = random.choice(_TEMPLATES[level])(_Draw(tables, rows, random))
    return Question(level, *asked)


Asked = tuple[str, str] | tuple[str, str, bool]


def _names(d: _Draw) -> Asked:
    t = d.table()
    return f"List the names of all {t.many}.", f"SELECT name FROM {t.name}"


def _count(d: _Draw) -> Asked:
    t = d.table()
    return f"How many {t.many} are there?", f"SELECT COUNT(*) FROM {t.name}"


def _column(d: _Draw) -> Asked:
    t = d.table()
    c = d.random.choice(t.numbers)
    text = f"List the name and the {c.words} of every {t.one}."
    return text, f"SELECT name, {c.name} FROM {t.name}"


def _above(d: _Draw) -> Asked:
    t = d.table()
    c = d.random.choice(t.numbers)
    value = d.random.choice(d.middle(t, c.name))
    text = f"List the names of {t.many} whose {c.words} is above {value}."
    return text, f"SELECT name FROM {t.name} WHERE {c.name} > {value}"


def _equal(d: _Draw) -> Asked:
    t = d.table()
    c = d.random.choice(t.texts)
    value = d.random.choice(d.middle(t, c.name))
    text = f"List the names of {t.many} whose {c.words} is '{value}'."
    return text, f"SELECT name FROM {t.name} WHERE {c.name} = '{value}'"


def _count_below(d: _Draw) -> Asked:
    t = d.table()
    c, n = d.random.choice(t.texts), d.random.choice(t.numbers)
    value, limit = d.random.choice(d.middle(t, c.name)), d.random.choice(d.middle(t, n.name))
    text = f"How many {t.many} have the {c.words} '{value}' or {n.words} below {limit}?"
    return text, f"SELECT COUNT(*) FROM {t.name} WHERE {c.name} = '{value}' OR {n.name} < {limit}"


def _highest(d: _Draw) -> Asked:
    t = d.table()
    c = d.random.choice(t.numbers)
    end, order = d.random.choice([("highest", "DESC"), ("lowest", "ASC")])
    text = f"Give the name of the {t.one} with the {end} {c.words} (of several, the first name)."
    return text, f"SELECT name FROM {t.name} ORDER BY {c.name} {order}, name LIMIT 1"


def _top(d: _Draw) -> Asked:
    t = d.table()
    c, count = d.random.choice(t.numbers), d.random.randint(2, 4)
    text = (
        f"List the names of the {count} {t.many} with the highest {c.words}, highest first; "
        "where that is equal, by name."
    )
    return text, f"SELECT name FROM {t.name} ORDER BY {c.name} DESC, name LIMIT {count}", True


def _per_text(d: _Draw) -> Asked:
    t = d.table()
    c = d.random.choice(t.texts)
    text = f"For each {c.words}, how many {t.many} are there? Give {c.words} and number."
    return text, f"SELECT {c.name}, COUNT(*) FROM {t.name} GROUP BY {c.name}"


def _mean(d: _Draw) -> Asked:
    t = d.table()
    c, n = d.random.choice(t.texts), d.random.choice(t.numbers)
    text = f"For each {c.words} of {t.many}, give it and the average {n.words}."
    return text, f"SELECT {c.name}, AVG({n.name}) FROM {t.name} GROUP BY {c.name}"


def _having(d: _Draw) -> Asked:
    t = next(t for t in d.tables if t.references)
    c, least = d.random.choice(t.texts), d.random.randint(3, 4)
    text = f"Which {c.words} do at least {least} {t.many} have?"
    sql = f"SELECT {c.name} FROM {t.name} GROUP BY {c.name} HAVING COUNT(*) >= {least}"
    return text, sql


def _pairs(d: _Draw) -> Asked:
    child, parent, by = d.child()
    text = f"List the name of every {child.one} with the name of its {parent.one}."
    on = f"{child.name}.{by} = {parent.name}.id"
    select = f"SELECT {child.name}.name, {parent.name}.name FROM {child.name}"
    return text, f"{select} JOIN {parent.name} ON {on}"


def _of_parent(d: _Draw) -> Asked:
    child, parent, by = d.child()
    c = d.random.choice(parent.texts)
    value = d.random.choice(d.middle(parent, c.name))
    text = f"List the names of {child.many} whose {parent.one} has the {c.words} '{value}'."
    on = f"{child.name}.{by} = {parent.name}.id"
    sql = f"SELECT {child.name}.name FROM {child.name} JOIN {parent.name} ON {on}"
    return text, f"{sql} WHERE {parent.name}.{c.name} = '{value}'"


def _sums(d: _Draw) -> Asked:
    child, parent, by = d.child()
    n = d.random.choice(child.numbers)
    text = (
        f"For each {parent.one} with {child.many}, give the name of the {parent.one} and the sum "
        f"of the {n.words} of its {child.many}."
    )
    on = f"{child.name}.{by} = {parent.name}.id"
    sql = f"SELECT {parent.name}.name, SUM({child.name}.{n.name}) FROM {child.name}"
    return text, f"{sql} JOIN {parent.name} ON {on} GROUP BY {parent.name}.id"


def _above_mean(d: _Draw) -> Asked:
    t = d.table()
    c = d.random.choice(t.numbers)
    text = f"List the names of {t.many} whose {c.words} is above the average of all {t.many}."
    inner = f"SELECT AVG({c.name}) FROM {t.name}"
    return text, f"SELECT name FROM {t.name} WHERE {c.name} > ({inner})"


def _without(d: _Draw) -> Asked:
    child, parent, by = d.child()
    text = f"List the names of {parent.many} without any {child.one}."
    inner = f"SELECT {by} FROM {child.name}"
    return text, f"SELECT name FROM {parent.name} WHERE id NOT IN ({inner})"


def _best_of_best(d: _Draw) -> Asked:
    child, parent, by = d.child()
    n = d.random.choice(parent.numbers)
    text = f"How many {child.many} belong to the {parent.one} with the lowest {n.words}?"
    inner = f"SELECT id FROM {parent.name} ORDER BY {n.name}, id LIMIT 1"
    return text, f"SELECT COUNT(*) FROM {child.name} WHERE {by} = ({inner})"


_TEMPLATES: dict[str, tuple[Callable[[_Draw], Asked], ...]] = {
    "select": (_names, _count, _column),
    "where": (_above, _equal, _count_below),
    "order": (_highest, _top),
    "group": (_per_text, _mean, _having),
    "join": (_pairs, _of_parent, _sums),
    "nested": (_above_mean, _without, _best_of_best),
}
