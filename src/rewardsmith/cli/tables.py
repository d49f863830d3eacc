"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under a head; into a pipe, one row a line with tabs between the cells."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not console.is_terminal:
        for row in (head, *rows):
            print("\t".join(" ".join(str(cell).split()) for cell in row))
        return
    table = Table(*head, show_lines=False, header_style="bold")
    for row in rows:
        table.add_row(*[_plain(cell) for cell in row])
    console.print(table)


def _plain(cell: str) -> str:
    from rich.markup import escape

    return escape(str(cell))
