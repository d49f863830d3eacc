"""The tools of the simulated world."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from rewardsmith.errors import near_misses

from .schema import Tool, ToolError
from .world import LENGTHS, MASSES, World

#: the call that ends the episode; it is no function of the world
FINISH = "finish"


def _text(description: str = "", pattern: str = "") -> dict[str, Any]:
    given = {"description": description, "pattern": pattern}
    return {"type": "string", **{key: value for key, value in given.items() if value}}


_DATE = _text("YYYY-MM-DD", r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_TIME = _text("HH:MM", r"([01][0-9]|2[0-3]):[0-5][0-9]")
_UNIT = {"type": "string", "enum": [*LENGTHS, *MASSES]}


def _known(kind: str, name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    if name not in names:
        raise ToolError(f"There is no {kind} {name[:40]!r}.{near_misses(name, names)}")
    return name


def _list_contacts(world: World) -> list[str]:
    return sorted(world.contacts)


def _find_contact(world: World, name: str) -> dict[str, str]:
    return world.contacts[_known("contact", name, world.contacts)]


def _list_events(world: World, date: str) -> list[dict[str, str]]:
    return [{"event_id": i, **e} for i, e in world.events.items() if e["date"] == date]


def _create_event(
    world: World, title: str, date: str, start: str, guest: str = ""
) -> dict[str, str]:
    event_id = f"e{1 + max((int(i[1:]) for i in world.events), default=0)}"
    world.events[event_id] = {"title": title, "date": date, "start": start, "guest": guest}
    return {"event_id": event_id}


def _move_event(world: World, event_id: str, date: str, start: str) -> str:
    event = world.events[_known("event", event_id, world.events)]
    event.update(date=date, start=start)
    return "moved"


def _cancel_event(world: World, event_id: str) -> str:
    del world.events[_known("event", event_id, world.events)]
    return "cancelled"


def _list_files(world: World) -> list[str]:
    return sorted(world.files)


def _read_file(world: World, path: str) -> str:
    return world.files[_known("file", path, world.files)]


def _write_file(world: World, path: str, text: str) -> str:
    world.files[path] = text
    return "written"


def converted(value: float, source: str, target: str) -> float:
    """The value in another unit, to 2 decimals.

    Raises:
        ToolError: a length into a mass, or a result beyond what a float holds.
    """
    for units in (LENGTHS, MASSES):
        if source in units and target in units:
            result = round(value * units[source] / units[target], 2)
            if math.isfinite(result):
                return result
            raise ToolError("The result is too large.")
    raise ToolError(f"{source} cannot be converted to {target}.")


def _convert(world: World, value: float, source: str, target: str) -> float:
    return converted(float(value), source, target)


def _list_items(world: World) -> dict[str, dict[str, int]]:
    return world.items


def _buy(world: World, item: str, quantity: int) -> dict[str, int]:
    offer = world.items[_known("item", item, world.items)]
    if quantity > offer["stock"]:
        raise ToolError(f"Only {offer['stock']} of {item} are in stock.")
    if quantity * offer["price"] > world.balance:
        raise ToolError(f"That costs {quantity * offer['price']}; you have {world.balance}.")
    offer["stock"] -= quantity
    world.balance -= quantity * offer["price"]
    world.orders[item] += quantity
    return {"balance": world.balance}


def _send_message(world: World, to: str, text: str) -> str:
    emails = [contact["email"] for contact in world.contacts.values()]
    world.messages.append({"to": _known("address", to, emails), "text": text})
    return "sent"


def _finish(world: World, answer: str = "") -> str:
    return answer


_EVENT = {"event_id": _text("such as e1"), "date": _DATE, "start": _TIME}
_ALL = (
    Tool("list_contacts", "Names of all contacts.", {}, _list_contacts),
    Tool("find_contact", "Email, phone and city.", {"name": _text("full name")}, _find_contact),
    Tool("list_events", "Events of a day, with their ids.", {"date": _DATE}, _list_events),
    Tool(
        "create_event",
        "Put an event into the calendar.",
        {"title": _text(), "date": _DATE, "start": _TIME, "guest": _text("an email")},
        _create_event,
        optional=("guest",),
    ),
    Tool("move_event", "Give an event another day and time.", _EVENT, _move_event),
    Tool("cancel_event", "Delete an event.", {"event_id": _EVENT["event_id"]}, _cancel_event),
    Tool("list_files", "Paths of all files.", {}, _list_files),
    Tool("read_file", "Text of a file.", {"path": _text()}, _read_file),
    Tool("write_file", "Write a file.", {"path": _text(), "text": _text()}, _write_file),
    Tool(
        "convert",
        "Convert a length or a weight, to 2 decimals.",
        {"value": {"type": "number"}, "source": _UNIT, "target": _UNIT},
        _convert,
    ),
    Tool("list_items", "Prices and stock of the shop.", {}, _list_items),
    Tool(
        "buy",
        "Buy from the shop.",
        {"item": _text(), "quantity": {"type": "integer", "minimum": 1}},
        _buy,
    ),
    Tool(
        "send_message",
        "Send a text to an email address of a contact.",
        {"to": _text("an email"), "text": _text()},
        _send_message,
    ),
    Tool(
        FINISH,
        "End the task, with the answer if one is asked for.",
        {"answer": _text("several are separated by ;")},
        _finish,
        optional=("answer",),
    ),
)
TOOLS: dict[str, Tool] = {tool.name: tool for tool in _ALL}
