"""CodeRepair with the edits to choose from."""

from __future__ import annotations

from random import Random
from typing import Any

from .code_repair_env import CodeRepair
from .mutations import Mutation, mutations
from .repo import edit_for


class EasyCodeRepair(CodeRepair):
    """`CodeRepair` with its lines listed: four places of which one has the bug.

    Each place has one edit, to and fro between the right line and a wrong one, so that every
    state can be solved. No bug leaves out a case.

    Args:
        **settings: as `CodeRepair`.
    """

    lists_commands = True
    places = 4

    def __init__(self, **settings: Any) -> None:
        super().__init__(missing=False, **settings)

    def _begin(self, task_seed: int) -> str:
        text = super()._begin(task_seed)
        bug, random = self._job.bug, Random(f"easy code repair {task_seed}")
        fitting = {m.line: m for m in mutations(self._job.right[bug.file]) if m.after is not None}
        fitting.pop(bug.mutation.line, None)
        others = random.sample(sorted(fitting), min(self.places - 1, len(fitting)))
        self._choices = [bug.mutation, *(fitting[line] for line in others)]
        random.shuffle(self._choices)
        return text

    def _admissible(self) -> list[str]:
        own = [name for name in self._files if not name.endswith("__init__.py")]
        shows = [f"show {name}" for name in own]
        return ["run tests", "submit", *map(self._toggled, self._choices), *shows]

    def _toggled(self, choice: Mutation) -> str:
        file = self._job.bug.file
        have = self._files[file].split("\n")[choice.line - 1]
        wanted = (choice.after or "") if have == choice.before else choice.before
        return str(edit_for("replace", file, choice.line, wanted, have))


def make_env(render_mode: str | None = None, **kwargs: Any) -> EasyCodeRepair:
    """Build the env; keywords as `CodeRepair`, but for `missing`."""
    return EasyCodeRepair(render_mode=render_mode, **kwargs)
