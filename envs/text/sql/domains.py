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


def _text(name: str, words: str, values: str) -> Column:
    return Column(name, words, tuple(values.split()))


def _number(name: str, words: str, low: int, high: int) -> Column:
    return Column(name, words, low=low, high=high)


def _to(name: str, table: str) -> Column:
    return Column(name, table, refers=table)


_FEW, _MANY = (5, 7), (12, 18)

DOMAINS: dict[str, tuple[Table, ...]] = {
    "school": (
        Table("teachers", "teacher", "teachers", (
            _text("subject", "subject", "maths history music biology"),
            _number("salary", "salary", 2000, 6000)), _FEW),
        Table("students", "student", "students", (
            _text("city", "city", "Bonn Lyon Turin Porto"),
            _number("age", "age", 10, 19),
            _number("points", "points", 1, 100),
            _to("teacher_id", "teachers")), _MANY),
    ),
    "store": (
        Table("brands", "brand", "brands", (
            _text("country", "country", "Italy Japan Chile Kenya"),
            _number("founded", "founding year", 1880, 2015)), _FEW),
        Table("products", "product", "products", (
            _text("color", "color", "red blue green black"),
            _number("price", "price", 5, 500),
            _number("stock", "stock", 1, 80),
            _to("brand_id", "brands")), _MANY),
    ),
    "library": (
        Table("authors", "author", "authors", (
            _text("language", "language", "Dutch Polish Hindi Greek"),
            _number("born", "year of birth", 1850, 1990)), _FEW),
        Table("books", "book", "books", (
            _text("genre", "genre", "crime poetry travel science"),
            _number("pages", "number of pages", 60, 900),
            _number("copies", "number of copies", 1, 20),
            _to("author_id", "authors")), _MANY),
    ),
    "clinic": (
        Table("doctors", "doctor", "doctors", (
            _text("field", "field", "heart skin eyes bones"),
            _number("room", "room", 100, 399)), _FEW),
        Table("patients", "patient", "patients", (
            _text("insurance", "insurance", "basic family premium none"),
            _number("weight", "weight", 40, 120),
            _number("visits", "number of visits", 1, 30),
            _to("doctor_id", "doctors")), _MANY),
    ),
    "airline": (
        Table("airports", "airport", "airports", (
            _text("continent", "continent", "Africa Asia Europe America"),
            _number("gates", "number of gates", 5, 90)), _FEW),
        Table("flights", "flight", "flights", (
            _text("status", "status", "early late planned cancelled"),
            _number("distance", "distance", 200, 9000),
            _number("passengers", "number of passengers", 20, 400),
            _to("airport_id", "airports")), _MANY),
    ),
    "museum": (
        Table("painters", "painter", "painters", (
            _text("style", "style", "baroque modern gothic naive"),
            _number("prizes", "number of prizes", 1, 30)), _FEW),
        Table("pictures", "picture", "pictures", (
            _text("material", "material", "oil ink chalk paper"),
            _number("height", "height", 10, 300),
            _number("worth", "worth", 100, 9000),
            _to("painter_id", "painters")), _MANY),
    ),
}  # fmt: skip
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
