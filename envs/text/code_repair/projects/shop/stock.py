"""What is on the shelves."""

from __future__ import annotations


def reorder(stock: dict[str, int], minimum: int) -> list[str]:
    """Names of what has fallen below the minimum, the scarcest first, then by name."""
    low = [name for name in stock if stock[name] < minimum]
    return sorted(low, key=lambda name: (stock[name], name))


def take(stock: dict[str, int], name: str, count: int) -> int:
    """How many pieces can be handed out, at most what is there."""
    if name not in stock:
        return 0
    if count > stock[name]:
        return stock[name]
    return count


def value(stock: dict[str, int], prices: dict[str, int]) -> int:
    """The worth of everything that has a price."""
    worth = 0
    for name, count in stock.items():
        if name in prices and count > 0:
            worth += count * prices[name]
    return worth
