"""Write README.md's table of families from the catalogs: python tools/families.py [--check]."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from rewardsmith.catalog import EnvEntry
from rewardsmith.named_rewards import named_rewards
from rewardsmith.registration import FAMILIES, catalog

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- families: begin (tools/families.py) -->", "<!-- families: end -->"
FEATURES = {
    "grid": "positions, what is carried, doors, shortest-path distances, rooms visited, mission",
    "control": "positions, angles, velocities in physical units",
    "text": "the game's own facts: score, moves, distance to the goal, admissible commands",
    "gui": "the page's own state: target, what was clicked, instruction",
    "robotic": "gripper and goal positions, distances, contacts",
    "multiagent": "per agent: positions, distances to landmarks, collisions",
    "fixtures": "the whole state of a small solved task, with rewards of known faults",
}


def table() -> str:
    """The table in Markdown."""
    head = "| family | environments | install | features, for instance | ready-made rewards |"
    rows = [_row(family) for family in FAMILIES]
    return "\n".join([head, "|---|---|---|---|---|", *rows])


def _row(family: str) -> str:
    entries = [e for e in catalog().values() if e.family == family]
    extras = {f"`rewardsmith[{e.extra}]`" if e.extra else "plain" for e in entries}
    rewards = dict.fromkeys(name for e in entries for name in named_rewards(e))
    cells = [
        family,
        _grouped([_short(e) for e in entries]),
        ", ".join(sorted(extras)),
        FEATURES[family],
        ", ".join(f"`{name}`" for name in rewards),
    ]
    return f"| {' | '.join(cells)} |"


def _grouped(names: list[str]) -> str:
    """Names with their variants drawn together: `DoorKey (5x5, 6x6), Search (also Easy)`."""
    groups: dict[str, list[str]] = {}
    for name in names:
        # A variant begins at a hyphen or at a size such as S3R1: DoorKey-5x5, KeyCorridorS3R1.
        found = re.fullmatch(r"(.+?)(?:-(.+)|(S\d.*))", name)
        base, variant = (found[1], found[2] or found[3]) if found else (name, "")
        groups.setdefault(base, []).append(variant)
    return ", ".join(_group(base, variants) for base, variants in groups.items())


def _group(base: str, variants: list[str]) -> str:
    if len(variants) == 1:
        return f"{base}-{variants[0]}" if variants[0] else base
    # an id without a variant is one of them
    also = "also " if "" in variants else ""
    return f"{base} ({also}{', '.join(filter(None, variants))})"


def _short(entry: EnvEntry) -> str:
    return entry.id.removeprefix("rewardsmith/").removesuffix("-v0")


def updated(text: str) -> str:
    """README's text with the table between the marks replaced."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main() -> int:
    """Write the table, or with --check only say whether it is up to date."""
    old = README.read_text(encoding="utf-8")
    new = updated(old)
    if "--check" in sys.argv[1:]:
        print("up to date" if old == new else "README.md's table is old: run tools/families.py")
        return int(old != new)
    README.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
