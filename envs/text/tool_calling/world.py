"""A small simulated world: contacts, a calendar, files, a shop and an outbox, as plain data."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

FIRST = ("Ada", "Bo", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hana", "Ivo", "June", "Kai", "Lea")
LAST = ("Adler", "Brook", "Castle", "Dale", "Evers", "Field", "Grove", "Hill", "Irwin", "Jung")
CITIES = ("Lisbon", "Oslo", "Cairo", "Lima", "Osaka", "Delhi", "Accra", "Quito")
TITLES = ("Review", "Lunch", "Training", "Standup", "Interview", "Workshop", "Dentist", "Concert")
NOTES = (
    "The door code has changed",
    "Bring the red folder",
    "Water the plants on Monday",
    "The train leaves from platform nine",
    "Ask for the spare key",
    "The parcel is at the front desk",
)
PRODUCTS = ("pencil", "notebook", "stapler", "lamp", "backpack", "mug", "ruler", "calendar")
#: metres and kilograms
LENGTHS = {"m": 1.0, "km": 1000.0, "mile": 1609.344, "foot": 0.3048}
MASSES = {"g": 0.001, "kg": 1.0, "pound": 0.45359237, "ounce": 0.028349523125}


@dataclass
class World:
    """What the tools read and change.

    Args:
        contacts: by name: email, phone, city.
        events: by id: title, date (YYYY-MM-DD), start (HH:MM), guest (an email or "").
        files: text by path.
        items: by name: price and stock.
        balance: money left to spend.
        orders: pieces bought, by item.
        messages: those sent, each with to and text.
    """

    contacts: dict[str, dict[str, str]] = field(default_factory=dict)
    events: dict[str, dict[str, str]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    items: dict[str, dict[str, int]] = field(default_factory=dict)
    balance: int = 0
    orders: Counter[str] = field(default_factory=Counter)
    messages: list[dict[str, str]] = field(default_factory=list)

    def state(self) -> dict[str, Any]:
        """What counts as the same world: neither the ids of events nor the order of messages."""
        return {
            "events": sorted(tuple(sorted(e.items())) for e in self.events.values()),
            "files": dict(self.files),
            "balance": self.balance,
            "orders": {item: n for item, n in self.orders.items() if n},
            "messages": sorted(tuple(sorted(m.items())) for m in self.messages),
        }


def draw(rng: np.random.Generator) -> World:
    """A world with a few of everything; names, titles, paths and prices are unique."""
    names = [f"{a} {b}" for a, b in zip(some(FIRST, 5, rng), some(LAST, 5, rng), strict=True)]
    prices = rng.choice(np.arange(2, 60), 5, replace=False)
    return World(
        contacts={name: _contact(name, rng) for name in names},
        events={f"e{i + 1}": _event(t, rng) for i, t in enumerate(some(TITLES, 4, rng))},
        files=_files(rng),
        items={
            item: {"price": int(price), "stock": int(rng.integers(3, 9))}
            for item, price in zip(some(PRODUCTS, 5, rng), prices, strict=True)
        },
        balance=int(rng.integers(200, 500)),
    )


def some(of: tuple[str, ...], count: int, rng: np.random.Generator) -> list[str]:
    """`count` different ones, in random order."""
    return [of[int(i)] for i in rng.choice(len(of), count, replace=False)]


def day(rng: np.random.Generator) -> str:
    """A date of March 2031."""
    return f"2031-03-{int(rng.integers(1, 32)):02d}"


def hour(rng: np.random.Generator) -> str:
    """A full or half hour of a working day."""
    return f"{int(rng.integers(8, 18)):02d}:{('00', '30')[int(rng.integers(2))]}"


def _contact(name: str, rng: np.random.Generator) -> dict[str, str]:
    first, last = name.lower().split()
    return {
        "email": f"{first}.{last}{int(rng.integers(10, 100))}@mail.test",
        "phone": f"555-{int(rng.integers(1000, 10000))}",
        "city": some(CITIES, 1, rng)[0],
    }


def _event(title: str, rng: np.random.Generator) -> dict[str, str]:
    return {"title": title, "date": day(rng), "start": hour(rng), "guest": ""}


def _files(rng: np.random.Generator) -> dict[str, str]:
    notes = {f"notes/{i + 1}.txt": note for i, note in enumerate(some(NOTES, 3, rng))}
    units = {"length": tuple(LENGTHS), "weight": tuple(MASSES)}
    sizes = {
        f"data/{what}.txt": f"{int(rng.integers(2, 200))} {some(of, 1, rng)[0]}"
        for what, of in units.items()
    }
    return {**notes, **sizes}
