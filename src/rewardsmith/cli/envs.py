"""`rewardsmith envs`: the environments, their features and their ready-made rewards."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from rewardsmith.catalog import EnvEntry
from rewardsmith.cli import options
from rewardsmith.errors import MissingExtraError, unknown_name
from rewardsmith.features import Feature


def envs(
    env: Annotated[str | None, typer.Argument(metavar="[ENV]", help="Explain this one.")] = None,
    as_json: options.Json = False,
) -> None:
    """List the environments that ship with rewardsmith, or explain the features of one."""
    from rewardsmith.registration import catalog, find_entry
    from rewardsmith.schemas import schema_of

    if env is None:
        rows = [_row(entry) for entry in catalog().values()]
        print(json.dumps(rows, indent=2)) if as_json else _print_rows(rows)
        return
    entry = find_entry(env)
    if entry is None:
        raise unknown_name("environment", env, catalog())
    details = {**_row(entry), "features": [_feature(f) for f in schema_of(entry).values()]}
    print(json.dumps(details, indent=2)) if as_json else _print_one(details)


def _row(entry: EnvEntry) -> dict[str, Any]:
    from rewardsmith.named_rewards import named_rewards
    from rewardsmith.schemas import schema_of

    try:
        features: list[str] | None = list(schema_of(entry))
        missing = None
    except MissingExtraError as error:
        features, missing = None, str(error)
    return {
        "id": entry.id,
        "family": entry.family,
        "summary": entry.summary,
        "features": features,
        "rewards": list(named_rewards(entry)),
        "missing": missing,
    }


def _feature(feature: Feature) -> dict[str, Any]:
    import math

    bounds = [b if math.isfinite(b) else None for b in (feature.low, feature.high)]
    return {
        "name": feature.name,
        "doc": feature.doc,
        "shape": list(feature.shape),
        "low": bounds[0],
        "high": bounds[1],
        "unit": feature.unit,
        "dtype": feature.dtype,
    }


def _print_rows(rows: list[dict[str, Any]]) -> None:
    from rewardsmith.cli.tables import print_table

    cells = [
        (
            row["id"],
            row["family"],
            ", ".join(row["features"]) if row["features"] is not None else row["missing"],
            ", ".join(row["rewards"]),
        )
        for row in rows
    ]
    print_table(("id", "family", "features", "rewards"), cells)


def _print_one(details: dict[str, Any]) -> None:
    from rewardsmith.cli.tables import print_table

    print(f"{details['id']} ({details['family']}): {details['summary']}")
    print(f"rewards: {', '.join(details['rewards'])}")
    cells = [(f["name"], _kind(f), _range(f), f["unit"], f["doc"]) for f in details["features"]]
    print_table(("feature", "type", "range", "unit", "meaning"), cells)


def _kind(feature: dict[str, Any]) -> str:
    return str(feature["dtype"]) + (str(feature["shape"]) if feature["shape"] else "")


def _range(feature: dict[str, Any]) -> str:
    if feature["dtype"] in ("bool", "text"):
        return ""
    low, high = ("" if b is None else f"{b:g}" for b in (feature["low"], feature["high"]))
    return f"[{low or '-inf'}, {high or 'inf'}]"
