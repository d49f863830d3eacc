"""Spans of time."""

from __future__ import annotations

from .days import day_of_year, leap


def between(first: list[int], second: list[int]) -> int:
    """Days from the first date to the second; each is year, month, day."""
    count = day_of_year(second[0], second[1], second[2])
    count -= day_of_year(first[0], first[1], first[2])
    for year in range(first[0], second[0]):
        count += 366 if leap(year) else 365
    return count


def weekday(date: list[int]) -> int:
    """0 for Monday to 6 for Sunday, from 1900 on."""
    return between([1900, 1, 1], date) % 7


def age(born: list[int], today: list[int]) -> int:
    """Whole years since a birth."""
    years = today[0] - born[0]
    if today[1:] < born[1:]:
        years -= 1
    return years


def merge(spans: list[list[int]]) -> list[list[int]]:
    """Spans (begin, end) in order, those that touch made one."""
    out: list[list[int]] = []
    for begin, stop in sorted(spans):
        if out and begin <= out[-1][1]:
            out[-1][1] = max(out[-1][1], stop)
        else:
            out.append([begin, stop])
    return out


def clock(minutes: int) -> str:
    """Minutes since midnight as hh:mm, on the next day from 0 again."""
    hours = minutes // 60 % 24
    rest = minutes % 60
    return f"{hours:02d}:{rest:02d}"
