"""`rewardsmith rewards`: the terms of the language and every environment's ready-made rewards."""

from __future__ import annotations

import inspect
import json
from typing import Annotated, Any

import typer

from rewardsmith.catalog import EnvEntry
from rewardsmith.cli import options
from rewardsmith.errors import unknown_name


def rewards(
    env: Annotated[
        str | None, typer.Argument(metavar="[ENV]", help="Only this environment's rewards.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """List the terms that a formula may call, and the ready-made rewards.

    In a call E is an expression over features, C a condition, T a term; the rest are numbers.
    """
    from rewardsmith.cli.tables import print_table
    from rewardsmith.registration import catalog, find_entry

    entry = find_entry(env) if env else None
    if env and entry is None:
        raise unknown_name("environment", env, catalog())
    entries = [entry] if entry else list(catalog().values())
    rows: list[dict[str, Any]] = [] if entry else term_rows()
    rows += [row for e in entries for row in named_rows(e)]
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    head = ("name", "scope", "guarantee", "features", "formula", "doc")
    cells = [[_cell(row, column) for column in head] for row in rows]
    print_table(head, cells)


def term_rows() -> list[dict[str, Any]]:
    """One row per registered term; scope and guarantee are None where its parts decide."""
    from rewardsmith.registry import find_term, term_names
    from rewardsmith.usage import usage_of

    rows: list[dict[str, Any]] = []
    for name in term_names():
        cls: Any = find_term(name)
        rows.append(
            {
                "kind": "term",
                "name": name,
                "env": None,
                "doc": (inspect.getdoc(cls) or "").split("\n", maxsplit=1)[0],
                "formula": usage_of(cls),
                "scope": _declared(cls, "scope"),
                "guarantee": _declared(cls, "guarantee"),
                "features": [],
                "hash": None,
            }
        )
    return rows


def named_rows(entry: EnvEntry) -> list[dict[str, Any]]:
    """One row per ready-made reward of an environment."""
    from rewardsmith.named_rewards import named_rewards

    rows: list[dict[str, Any]] = []
    for reward in named_rewards(entry).values():
        stack = reward.stack()
        rows.append(
            {
                "kind": "named",
                "name": reward.name,
                "env": entry.id,
                "doc": reward.doc,
                "formula": stack.formula,
                "scope": stack.scope.value,
                "guarantee": stack.guarantee.value,
                "features": sorted(stack.needs),
                "hash": stack.hash,
            }
        )
    return rows


def _declared(cls: Any, attribute: str) -> str | None:
    return None if attribute in cls.decided_by_parts else str(getattr(cls, attribute))


def _cell(row: dict[str, Any], column: str) -> str:
    value = row[column]
    if column == "name" and row["env"]:
        return f"{row['env']} {value}"
    if column == "features":
        return ", ".join(value)
    return "as its parts" if value is None else str(value)
