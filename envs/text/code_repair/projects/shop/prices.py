"""Prices in cents."""

from __future__ import annotations

from .rates import FREE_FROM, SHIPPING, rate_of


def line_total(count: int, price: int) -> int:
    """The price of `count` pieces; every tenth piece is free."""
    free = count // 10
    return (count - free) * price


def subtotal(lines: list[list[int]]) -> int:
    """The sum over lines of count and price; lines without pieces are left out."""
    total = 0
    for count, price in lines:
        if count <= 0:
            continue
        total += line_total(count, price)
    return total


def discount(amount: int, points: int) -> int:
    """What is left of an amount after 5 percent for 100 points, 10 for 500."""
    if points >= 500:
        return amount - amount * 10 // 100
    if points >= 100:
        return amount - amount * 5 // 100
    return amount


def total_due(lines: list[list[int]], points: int, country: str) -> int:
    """What a customer pays: discount first, then tax, then shipping below the free amount."""
    net = discount(subtotal(lines), points)
    due = net + net * rate_of(country) // 100
    if net < FREE_FROM:
        due += SHIPPING
    return due
