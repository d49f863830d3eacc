"""Find a bug in a small repository and repair it."""

from __future__ import annotations

import ast
import warnings
from typing import Any

import numpy as np

from rewardsmith.contained import Limits, require_containment
from rewardsmith.envs.text.base import Reply, TextGame
from rewardsmith.envs.text_space import at_least_one, shortened

from .repo import Edit, diff, first_difference, lines_changed, numbered, read_edit
from .schema import TESTS, schema
from .tasks import Task, Test, draw, run_tests


class CodeRepair(TextGame):
    """A repository of three or four files, one bug in them, and tests of which some fail.

    Lines: `show FILE`, `replace FILE LINE: text`, `insert FILE LINE: text` (before that line),
    `delete FILE LINE`, `run tests`, `submit`. Handing in ends the episode; the reward is 1 if all
    tests pass then, those that could be run and others that could not, else 0.

    The tests run contained (`rewardsmith.contained`): whatever the agent writes, it gets its
    limits, no network, and no file of the machine. They are calls whose results are compared
    outside, so that no code can pass them but by giving the right results. They are run at the
    beginning, on `run tests` and on `submit`; features about tests speak of the last run.

    Bugs of the split `test` never occur in `train`. The ready-made reward `gated` has the tiers of
    G-RA (arXiv 2508.10548); `weighted` weighs tests as the abstract of VeRPO (arXiv 2601.03525)
    says, by how hard they are. VeRPO estimates that while it trains; here it is a constant of the
    task, 1 minus the smoothed share of six broken versions that pass the test. The reward
    `verpo` (`difficulty_weighted(test_results)`) weighs them over a group of episodes.

    Args:
        tests: how many tests the agent sees and can run, of every function in turn.
        hidden: how many it does not see.
        seconds: for one run of the tests; those that have not answered by then have failed.
        missing: whether bugs that leave out a case are among them; they take two lines to mend.
        allow_weaker: accept a machine without namespaces; see `require_containment`.
        **common: as `TextGame`.

    Raises:
        ContainmentError: this machine cannot contain what the agent writes.
    """

    feature_schema = schema(TESTS)
    lists_commands = False
    max_line = 400
    instructions = (
        "A small Python repository has one bug, and some of its tests fail. Repair it. Each turn, "
        "write one line: `show FILE`, `replace FILE LINE: new text`, `insert FILE LINE: text` "
        "(before that line), `delete FILE LINE`, `run tests`, or `submit`. A new text keeps the "
        "indentation of the line unless it begins with spaces of its own; after `|` it is taken "
        "as it stands. Tests cannot be edited. `submit` ends the task: it is solved if all tests "
        "pass, including some that you cannot see."
    )

    def __init__(
        self,
        *,
        tests: int = TESTS,
        hidden: int = 24,
        seconds: float = 5.0,
        missing: bool = True,
        allow_weaker: bool = False,
        **common: Any,
    ) -> None:
        at_least_one(tests=tests, hidden=hidden)
        if tests != TESTS:
            self.feature_schema = schema(tests)
        require_containment(allow_weaker=allow_weaker)
        self._allow_weaker, self._limits = allow_weaker, Limits(wall_s=seconds)
        kinds = () if missing else ("off by one", "wrong operator", "wrong logic")
        self._settings: dict[str, Any] = {"tests": tests, "hidden": hidden, "kinds": kinds}
        super().__init__(**common)

    def _begin(self, task_seed: int) -> str:
        self._job: Task = draw(
            task_seed, self._split, allow_weaker=self._allow_weaker, **self._settings
        )
        self._files = dict(self._job.broken)
        self._results = self._job.first
        self._unseen: tuple[bool, ...] = ()
        self._edits, self._current, self._submitted = 0, True, False
        return f"{self._listing()}\n{self._report()}"

    def _play(self, line: str) -> Reply:
        words = line.split()
        command = " ".join(words).lower()
        if command == "run tests":
            self._run()
            return Reply(self._report())
        if command == "submit":
            return self._submit()
        if len(words) == 2 and words[0].lower() == "show":
            return self._show(words[1])
        edit = read_edit(line)
        return Reply("", understood=False) if edit is None else self._edit(edit)

    def _show(self, name: str) -> Reply:
        shown = {**self._files, **self._test_files()}
        if name not in shown:
            return Reply(f"There is no file {shortened(name)}.", understood=False)
        return Reply(numbered(shown[name]))

    def _edit(self, edit: Edit) -> Reply:
        if edit.file in self._test_files():
            return Reply("Tests cannot be edited.", understood=False)
        if edit.file not in self._files:
            return Reply(f"There is no file {shortened(edit.file)}.", understood=False)
        try:
            changed = edit.applied(self._files[edit.file])
        except ValueError as error:
            return Reply(f"No such line: {error}.", understood=False)
        self._files[edit.file] = changed
        self._edits, self._current = self._edits + 1, False
        lines = numbered(changed).split("\n")
        around = "\n".join(lines[max(edit.line - 3, 0) : edit.line + 2])
        return Reply(f"{edit.file} is now, around line {edit.line}:\n{around}")

    def _submit(self) -> Reply:
        self._run()
        self._unseen = self._passes(self._job.hidden)
        self._submitted = True
        count, total = sum(self._unseen), len(self._unseen)
        said = f"{self._report()}\nOf the tests that you could not see, {count} of {total} pass."
        return Reply(said, reward=float(self._success()), terminated=True)

    def _run(self) -> None:
        if not self._current:
            self._results, self._current = self._passes(self._job.visible), True

    def _passes(self, tests: tuple[Test, ...]) -> tuple[bool, ...]:
        if not self._parses():
            return (False,) * len(tests)
        return run_tests(self._files, tests, limits=self._limits, allow_weaker=self._allow_weaker)

    def _success(self) -> bool:
        return self._submitted and all(self._results) and all(self._unseen)

    def _features(self) -> dict[str, Any]:
        job, files = self._job, self._files
        passed = zip(job.weights, self._results, strict=True)
        return {
            "tests_total": len(self._results),
            "tests_passed": sum(self._results),
            "tests_weighted": min(sum(weight for weight, good in passed if good), 1.0),
            "test_results": np.array(self._results, dtype=np.int64),
            "tests_current": self._current,
            "hidden_total": len(job.hidden),
            "hidden_passed": sum(self._unseen),
            "patched": files != job.broken,
            "files_touched": sum(files[name] != job.broken[name] for name in files),
            "lines_changed": lines_changed(job.broken, files),
            "edits": self._edits,
            "parses": self._parses(),
            "bug_fixed": files == job.right,
            "submitted": self._submitted,
            "project": job.project,
            "bug_kind": job.bug.mutation.kind,
            "diff": diff(job.broken, files),
            "reference_diff": diff(job.broken, job.right),
        }

    def _caption(self) -> str:
        changes = diff(self._job.broken, self._files) or "none"
        state = "" if self._current else " (before the last edits)"
        ended = " It was handed in." if self._submitted else ""
        return f"Changes:\n{changes}\n{self._report()}{state}{ended}"

    def _hint(self, line: str) -> str:
        files = ", ".join(name for name in self._files if not name.endswith("__init__.py"))
        return (
            f"{shortened(line)} is not a command here. Try `show FILE`, `replace FILE LINE: text`, "
            f"`insert FILE LINE: text`, `delete FILE LINE`, `run tests` or `submit`. Files: {files}"
        )

    def expert_line(self) -> str:
        """Take the bug away line by line, run the tests, hand in."""
        for name, text in self._files.items():
            edit = first_difference(name, text, self._job.right[name])
            if edit is not None:
                return str(edit)
        return "submit" if self._current else "run tests"

    # --- inside -------------------------------------------------------------------------

    def _parses(self) -> bool:
        try:
            with warnings.catch_warnings():  # of odd escapes, which are the agent's affair
                warnings.simplefilter("ignore")
                for text in self._files.values():
                    ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
        return True

    def _test_files(self) -> dict[str, str]:
        """The visible tests, as a file for each module."""
        files: dict[str, str] = {}
        for test in self._job.visible:
            module, _, function = test.call.function.rpartition(".")
            name = f"tests/test_{module.rpartition('.')[2]}.py"
            if f"import {function}\n" not in files.get(name, ""):
                files[name] = files.get(name, "") + f"from {module} import {function}\n\n"
            files[name] += test.source() + "\n"
        return files

    def _listing(self) -> str:
        own = {n: t for n, t in self._files.items() if not n.endswith("__init__.py")}
        sizes = [f"{name} ({text.count(chr(10))} lines)" for name, text in own.items()]
        return f"Files: {', '.join(sizes)}\nTests: {', '.join(self._test_files())}"

    def _report(self) -> str:
        names = [t.name for t, ok in zip(self._job.visible, self._results, strict=True) if not ok]
        failing = f" Failing: {', '.join(names)}" if names else ""
        return f"{sum(self._results)} of {len(self._results)} tests pass.{failing}"


def make_env(render_mode: str | None = None, **kwargs: Any) -> CodeRepair:
    """Build the env; keywords as `CodeRepair`.

    Raises:
        ContainmentError: this machine cannot contain what the agent writes.
        ConfigError: for a setting out of range.
    """
    return CodeRepair(render_mode=render_mode, **kwargs)
