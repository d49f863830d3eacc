"""Days of the Gregorian calendar."""

from __future__ import annotations

LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def leap(year: int) -> bool:
    """Whether a year has 366 days."""
    if year % 400 == 0:
        return True
    return year % 4 == 0 and year % 100 != 0


def month_length(year: int, month: int) -> int:
    """Days of a month, 1 to 12."""
    if month == 2 and leap(year):
        return 29
    return LENGTHS[month - 1]


def day_of_year(year: int, month: int, day: int) -> int:
    """1 for the first of January."""
    total = day
    for earlier in range(1, month):
        total += month_length(year, earlier)
    return total


def valid(year: int, month: int, day: int) -> bool:
    """Whether there is such a day."""
    if month < 1 or month > 12:
        return False
    return 1 <= day <= month_length(year, month)
