"""Goals with the calls that reach them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .tools import FINISH, converted
from .world import LENGTHS, MASSES, TITLES, World, day, hour, some


@dataclass(frozen=True)
class Call:
    """A tool's name and arguments."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Goal:
    """What is asked for.

    Args:
        text: for the agent.
        calls: reference calls, in order.
        answer: empty where none is asked for.
    """

    text: str
    calls: tuple[Call, ...]
    answer: str = ""


def _ask_contact(world: World, rng: np.random.Generator) -> Goal:
    name, what = some(tuple(world.contacts), 1, rng)[0], some(("email", "phone", "city"), 1, rng)[0]
    call = Call("find_contact", {"name": name})
    return Goal(f"Tell me the {what} of {name}.", (call,), world.contacts[name][what])


def _message(world: World, rng: np.random.Generator) -> Goal:
    name = some(tuple(world.contacts), 1, rng)[0]
    path = some(_notes(world), 1, rng)[0]
    text, email = world.files[path], world.contacts[name]["email"]
    calls = (
        Call("find_contact", {"name": name}),
        Call("read_file", {"path": path}),
        Call("send_message", {"to": email, "text": text}),
    )
    return Goal(f"Send {name} the text of {path}.", calls)


def _schedule(world: World, rng: np.random.Generator) -> Goal:
    name, date, start = some(tuple(world.contacts), 1, rng)[0], day(rng), hour(rng)
    taken = {event["title"] for event in world.events.values()}
    title = some(tuple(t for t in TITLES if t not in taken), 1, rng)[0]
    event = {"title": title, "date": date, "start": start}
    calls = (
        Call("find_contact", {"name": name}),
        Call("create_event", {**event, "guest": world.contacts[name]["email"]}),
    )
    text = f"Create the event {title} on {date} at {start} with the email of {name} as guest."
    return Goal(text, calls)


def _move(world: World, rng: np.random.Generator) -> Goal:
    event_id = next(iter(world.events))
    event, date, start = world.events[event_id], day(rng), hour(rng)
    calls = (
        Call("list_events", {"date": event["date"]}),
        Call("move_event", {"event_id": event_id, "date": date, "start": start}),
    )
    return Goal(f"Move {event['title']} of {event['date']} to {date} at {start}.", calls)


def _cancel(world: World, rng: np.random.Generator) -> Goal:
    event_id = tuple(world.events)[-1]  # not the one that `_move` takes
    event = world.events[event_id]
    calls = (
        Call("list_events", {"date": event["date"]}),
        Call("cancel_event", {"event_id": event_id}),
    )
    return Goal(f"Cancel {event['title']} of {event['date']}.", calls)


def _convert(world: World, rng: np.random.Generator) -> Goal:
    what, units = (("length", LENGTHS), ("weight", MASSES))[int(rng.integers(2))]
    path = f"data/{what}.txt"
    number, source = world.files[path].split()
    target = some(tuple(u for u in units if u != source), 1, rng)[0]
    asked = {"value": int(number), "source": source, "target": target}
    calls = (Call("read_file", {"path": path}), Call("convert", asked))
    answer = str(converted(int(number), source, target))
    return Goal(f"Tell me the {what} in {path} in the unit {target}.", calls, answer)


def _cheapest(world: World, rng: np.random.Generator) -> Goal:
    item = min(world.items, key=lambda name: world.items[name]["price"])
    quantity = int(rng.integers(1, 4))
    calls = (Call("list_items", {}), Call("buy", {"item": item, "quantity": quantity}))
    return Goal(f"Buy {quantity} of the cheapest item.", calls)


def _copy(world: World, rng: np.random.Generator) -> Goal:
    path, copy = some(_notes(world), 1, rng)[0], f"copies/{int(rng.integers(10, 100))}.txt"
    calls = (
        Call("read_file", {"path": path}),
        Call("write_file", {"path": copy, "text": world.files[path]}),
    )
    return Goal(f"Copy {path} to {copy}.", calls)


def _notes(world: World) -> tuple[str, ...]:
    return tuple(path for path in world.files if path.startswith("notes/"))


KINDS: dict[str, Callable[[World, np.random.Generator], Goal]] = {
    "ask_contact": _ask_contact,
    "message": _message,
    "schedule": _schedule,
    "move": _move,
    "cancel": _cancel,
    "convert": _convert,
    "cheapest": _cheapest,
    "copy": _copy,
}


def draw(world: World, count: int, kinds: tuple[str, ...], rng: np.random.Generator) -> Goal:
    """`count` goals of different kinds in one; no call comes twice, the last one is finish."""
    goals = [KINDS[kind](world, rng) for kind in some(kinds, count, rng)]
    calls: list[Call] = []
    for goal in goals:
        calls.extend(call for call in goal.calls if call not in calls)
    answer = "; ".join(goal.answer for goal in goals if goal.answer)
    calls.append(Call(FINISH, {"answer": answer} if answer else {}))
    return Goal(" ".join(goal.text for goal in goals), tuple(calls), answer)
