"""The one progress display of a sweep."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class Display:
    """A bar for the sweep and one for each run in progress; into a pipe, a line per run."""

    def __init__(self, total: int, steps: int) -> None:
        self.console = Console(stderr=True)
        self.steps, self.done, self.total = steps, 0, total
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        self._all = self._progress.add_task(f"[bold]{total} runs", total=total * steps, note="")
        self._tasks: dict[str, TaskID] = {}
        self._steps: dict[str, int] = {}
        self._since = time.perf_counter()

    def __enter__(self) -> Display:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def step(self, name: str, news: Mapping[str, Any]) -> None:
        """A run tells how far it is."""
        if name not in self._tasks:
            label = escape(name)
            self._tasks[name] = self._progress.add_task(label, total=self.steps, note="")
        self._advance(name, int(news["env_steps"]))
        note = ", ".join(f"{k} {v:.2f}" for k, v in news.items() if isinstance(v, float))
        self._progress.update(self._tasks[name], completed=news["env_steps"], note=note)

    def finish(self, name: str, note: str) -> None:
        """A run has ended."""
        if name in self._tasks:
            self._progress.remove_task(self._tasks.pop(name))
        self._advance(name, self.steps)
        self.done += 1
        minutes, seconds = divmod(int(time.perf_counter() - self._since), 60)
        self.console.print(
            f"[{self.done}/{self.total}] {minutes}:{seconds:02d} {name}: {note}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )

    def _advance(self, name: str, env_steps: int) -> None:
        self._steps[name] = min(env_steps, self.steps)
        self._progress.update(self._all, completed=sum(self._steps.values()))
