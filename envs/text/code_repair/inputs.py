"""Arguments for every function of the projects, drawn from a seed, and edges that never miss."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

Draw = Callable[[Random], tuple[Any, ...]]

_WORDS = ("the", "a", "river", "stone", "of", "old", "lamp", "and", "moon", "tin", "an", "Noon")
_NAMES = ("bolt", "lamp", "nut", "rope", "tile")
_COUNTRIES = ("de", "FR", "lu", "ch", "us", "Br")


def _lines(r: Random) -> list[list[int]]:
    return [
        [r.choice([-1, 0, 1, 3, 9, 10, 11, 25]), r.randint(1, 900)] for _ in range(r.randint(1, 4))
    ]


def _stock(r: Random) -> dict[str, int]:
    return {name: r.randint(0, 6) for name in r.sample(_NAMES, r.randint(2, 5))}


def _prices(r: Random) -> dict[str, int]:
    return {name: r.randint(1, 99) for name in r.sample(_NAMES, r.randint(2, 5))}


def _text(r: Random, least: int = 1, most: int = 12) -> str:
    return " ".join(r.choice(_WORDS) for _ in range(r.randint(least, most)))


def _year(r: Random) -> int:
    return r.choice([1900, 1999, 2000, 2001, 2004, 2023, 2024, 2100])


def _date(r: Random) -> list[int]:
    return [r.choice([1900, 1904, 1999, 2000, 2024]), r.randint(1, 12), r.randint(1, 28)]


def _dates(r: Random) -> tuple[list[int], list[int]]:
    first, second = sorted([_date(r), _date(r)])
    return first, second


def _map(r: Random) -> list[str]:
    columns = r.randint(2, 5)
    return ["".join(r.choice("..#") for _ in range(columns)) for _ in range(r.randint(2, 4))]


def _cell(r: Random, least: int = 0, beyond: int = 0) -> list[int]:
    return [r.randint(least, 1 + beyond), r.randint(least, 1 + beyond)]


def _spans(r: Random) -> list[list[int]]:
    begins = [r.randint(0, 12) for _ in range(r.randint(1, 5))]
    return [[begin, begin + r.randint(1, 4)] for begin in begins]


#: function -> how its arguments are drawn
INPUTS: dict[str, Draw] = {
    "shop.prices.line_total": lambda r: (r.choice([1, 5, 9, 10, 19, 20, 31]), r.randint(1, 500)),
    "shop.prices.subtotal": lambda r: (_lines(r),),
    "shop.prices.discount": lambda r: (
        r.randint(1000, 9000),
        r.choice([0, 99, 100, 101, 499, 500, 800]),
    ),
    "shop.prices.total_due": lambda r: (
        [[r.randint(1, 12), r.choice([1, 40, 500, 5000])]],
        r.choice([0, 99, 100, 500]),
        r.choice(_COUNTRIES),
    ),
    "shop.rates.rate_of": lambda r: (r.choice(_COUNTRIES),),
    "shop.rates.parcels": lambda r: (
        [r.randint(1, 6) for _ in range(r.randint(0, 8))],
        r.randint(6, 9),
    ),
    "shop.stock.reorder": lambda r: (_stock(r), r.randint(2, 6)),
    "shop.stock.take": lambda r: (_stock(r), r.choice(_NAMES), r.randint(1, 6)),
    "shop.stock.value": lambda r: (_stock(r), _prices(r)),
    "words.codes.shift": lambda r: (_text(r, 1, 4), r.randint(-30, 30)),
    "words.codes.runs": lambda r: ("".join(r.choice("aab") for _ in range(r.randint(0, 8))),),
    "words.codes.roman": lambda r: (r.randint(1, 3999),),
    "words.texts.words": lambda r: (_text(r).replace(" ", r.choice([", ", "-", " "])),),
    "words.texts.most_common": lambda r: (_text(r, 6, 20), r.randint(1, 3)),
    "words.texts.wrap": lambda r: (_text(r), r.randint(4, 14)),
    "words.texts.palindrome": lambda r: (
        r.choice(["Otto", "a", "level", "noon!", "lamp", "abca"]),
    ),
    "dates.days.leap": lambda r: (_year(r),),
    "dates.days.month_length": lambda r: (_year(r), r.choice([1, 2, 2, 4, 9, 12])),
    "dates.days.day_of_year": lambda r: (_year(r), r.randint(1, 12), r.randint(1, 28)),
    "dates.days.valid": lambda r: (_year(r), r.choice([0, 1, 2, 12, 13]), r.choice([0, 1, 29, 31])),
    "dates.spans.between": _dates,
    "dates.spans.weekday": lambda r: (_date(r),),
    "dates.spans.age": _dates,
    "dates.spans.merge": lambda r: (_spans(r),),
    "dates.spans.clock": lambda r: (r.choice([0, 59, 60, 61, 719, 1439, 1440, 1500]),),
    "maps.grid.inside": lambda r: (_map(r), *_cell(r, -1, 4)),
    "maps.grid.free": lambda r: (_map(r), *_cell(r, -1, 4)),
    "maps.grid.neighbours": lambda r: (_map(r), *_cell(r)),
    "maps.grid.turn": lambda r: (_map(r),),
    "maps.paths.reach": lambda r: (_map(r), *_cell(r)),
    "maps.paths.distance": lambda r: (_map(r), _cell(r), _cell(r)),
    "maps.paths.farthest": lambda r: (_map(r), _cell(r)),
    "maps.paths.dead_ends": lambda r: (_map(r),),
}
PROJECTS = ("shop", "words", "dates", "maps")
