"""Taxes and shipping."""

from __future__ import annotations

SHIPPING = 490
FREE_FROM = 5000
RATES = {"de": 19, "fr": 20, "lu": 17, "ch": 8}


def rate_of(country: str) -> int:
    """Percent of tax in a country; 25 where it is not known."""
    code = country.lower()
    if code in RATES:
        return RATES[code]
    return 25


def parcels(weights: list[int], limit: int) -> int:
    """How many parcels are sent if things are packed in order, `limit` grams in each."""
    count, used = 0, limit
    for weight in weights:
        if used + weight > limit:
            count += 1
            used = 0
        used += weight
    return count
