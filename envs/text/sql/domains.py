"""Databases in words: tables of six domains, what their columns hold, and rows from a seed.

Each domain has a parent table and children that refer to it. Whoever trains on four of them has
never seen a table of the other two.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

Value = int | str
Row = tuple[Value, ...]


@dataclass(frozen=True)
class Column:
    """A column beside `id` and `name`.

    Args:
        words: what it holds, in words.
        values: texts to draw from; empty for a number or a reference.
        low, high: of a number, inclusive.
        refers: name of the table that it refers to; empty if it refers to none.
    """

    name: str
    words: str
    values: tuple[str, ...] = ()
    low: int = 0
    high: int = 0
    refers: str = ""


@dataclass(frozen=True)
class Table:
    """A table with the columns `id`, `name` (unique) and these."""

    name: str
    one: str
    many: str
    columns: tuple[Column, ...]
    rows: tuple[int, int]

    @property
    def numbers(self) -> list[Column]:
        """Columns of numbers."""
        return [c for c in self.columns if c.high]

    @property
    def texts(self) -> list[Column]:
        """Columns of texts."""
        return [c for c in self.columns if c.values]

    @property
    def references(self) -> list[Column]:
        """Columns that refer to another table."""
        return [c for c in self.columns if c.refers]

    def create(self) -> str:
        """The statement that makes it."""
        parts = ["id INTEGER PRIMARY KEY", "name TEXT NOT NULL"]
        parts += [f"{c.name} {'TEXT' if c.values else 'INTEGER'} NOT NULL" for c in self.columns]
        parts += [f"FOREIGN KEY ({c.name}) REFERENCES {c.refers}(id)" for c in self.references]
        return f"CREATE TABLE {self.name} ({', '.join(parts)})"


_FEW, _MANY = (5, 7), (12, 18)
#: name and texts of a column, or its name, what it holds in words, least and largest number
_Data = tuple[str, str] | tuple[str, str, int, int]
#: what a row of a table is, and its columns
_Rows = tuple[str, *tuple[_Data, ...]]

#: of each domain: a parent and its columns, a child and its own
_TABLES: dict[str, tuple[_Rows, _Rows]] = {
    "school": (
        ("teacher", ("subject", "maths history music biology"), ("salary", "salary", 2000, 6000)),
        ("student", ("city", "Bonn Lyon Turin Porto"), ("age", "age", 10, 19),
         ("points", "points", 1, 100)),
    ),
    "store": (
        ("brand", ("country", "Italy Japan Chile Kenya"), ("founded", "founding year", 1880, 2015)),
        ("product", ("color", "red blue green black"), ("price", "price", 5, 500),
         ("stock", "stock", 1, 80)),
    ),
    "library": (
        ("author", ("language", "Dutch Polish Hindi Greek"), ("born", "year of birth", 1850, 1990)),
        ("book", ("genre", "crime poetry travel science"), ("pages", "number of pages", 60, 900),
         ("copies", "number of copies", 1, 20)),
    ),
    "clinic": (
        ("doctor", ("field", "heart skin eyes bones"), ("room", "room", 100, 399)),
        ("patient", ("insurance", "basic family premium none"), ("weight", "weight", 40, 120),
         ("visits", "number of visits", 1, 30)),
    ),
    "airline": (
        ("airport", ("continent", "Africa Asia Europe America"),
         ("gates", "number of gates", 5, 90)),
        ("flight", ("status", "early late planned cancelled"), ("distance", "distance", 200, 9000),
         ("passengers", "number of passengers", 20, 400)),
    ),
    "museum": (
        ("painter", ("style", "baroque modern gothic naive"),
         ("prizes", "number of prizes", 1, 30)),
        ("picture", ("material", "oil ink chalk paper"), ("height", "height", 10, 300),
         ("worth", "worth", 100, 9000)),
    ),
}  # fmt: skip


def _column(data: _Data) -> Column:
    if len(data) == 2:
        return Column(data[0], data[0], tuple(data[1].split()))
    return Column(data[0], data[1], low=data[2], high=data[3])


def _domain(parent: _Rows, child: _Rows) -> tuple[Table, Table]:
    """Two tables, of which the second refers to the first."""
    (one, *first), (other, *second) = parent, child
    to = Column(f"{one}_id", f"{one}s", refers=f"{one}s")
    return (
        Table(f"{one}s", one, f"{one}s", tuple(map(_column, first)), _FEW),
        Table(f"{other}s", other, f"{other}s", (*map(_column, second), to), _MANY),
    )


DOMAINS = {name: _domain(*tables) for name, tables in _TABLES.items()}
SPLIT_DOMAINS = {
    "train": ("school", "store", "library", "clinic"),
    "test": ("airline", "museum"),
}

_FIRST = "Al Bel Cor Dan El Fin Gal Hel Is Jor Kas Lu Mar Nor Ol".split()  # noqa: SIM905
_LAST = "a an da en ian ka la mo na on ra sa ta vin za".split()  # noqa: SIM905


def draw_rows(tables: tuple[Table, ...], random: Random) -> dict[str, list[Row]]:
    """Rows of every table, parents first; names are unique, and so are numbers in a column."""
    rows: dict[str, list[Row]] = {}
    for table in tables:
        count = random.randint(*table.rows)
        names = random.sample([first + last for first in _FIRST for last in _LAST], count)
        columns = [_draw(column, count, rows, random) for column in table.columns]
        rows[table.name] = list(zip(range(1, count + 1), names, *columns, strict=True))
    return rows


def _draw(
    column: Column, count: int, rows: dict[str, list[Row]], random: Random
) -> list[int] | list[str]:
    if column.values:
        return random.choices(column.values, k=count)
    if column.refers:  # the last parent stays without children, so that there is one
        return random.choices(range(1, len(rows[column.refers])), k=count)
    wide = range(column.low, column.high + 1)
    return random.sample(wide, count) if len(wide) >= count else random.choices(wide, k=count)
