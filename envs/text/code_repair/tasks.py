"""A task: a project with one bug, tests that the agent sees, tests that it does not."""

from __future__ import annotations

import copy
import functools
import importlib
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from rewardsmith.contained import Answer, Call, Limits, call_functions
from rewardsmith.errors import ContractError

from .inputs import INPUTS, PROJECTS
from .mutations import Mutation, mutations

_FOLDER = Path(__file__).with_name("projects")
_HERE = __package__
#: bugs that are tried at once; their fates also tell how hard each test is
CANDIDATES = 6
#: every fourth bug is kept for the split `test`
TEST_SHARE = 4


@dataclass(frozen=True)
class Test:
    """One call and what it must give."""

    name: str
    call: Call
    expected: Any

    __test__ = False  # no test of pytest's

    def passed(self, answer: Answer) -> bool:
        """Whether the answer is the expected one."""
        return not answer.error and bool(answer.value == self.expected)

    def source(self) -> str:
        """The test as Python."""
        name = self.call.function.rpartition(".")[2]
        arguments = ", ".join(map(repr, self.call.arguments))
        return f"def {self.name}():\n    assert {name}({arguments}) == {self.expected!r}\n"


@dataclass(frozen=True)
class Bug:
    """A mutation and the file that it is in."""

    file: str
    mutation: Mutation


@dataclass(frozen=True)
class Task:
    """What `draw` gives.

    Args:
        right, broken: file name -> source, without and with the bug.
        visible, hidden: the tests that can be run, and those that also count at the end.
        weights: of the visible tests, summing to 1; see `weights_of`.
        first: which of the visible tests pass at the beginning.
    """

    project: str
    bug: Bug
    right: dict[str, str]
    broken: dict[str, str]
    visible: tuple[Test, ...]
    hidden: tuple[Test, ...]
    weights: tuple[float, ...]
    first: tuple[bool, ...]


@functools.cache
def sources(project: str) -> dict[str, str]:
    """The files of a project."""
    files = sorted((_FOLDER / project).glob("*.py"))
    return {f"{project}/{path.name}": path.read_text(encoding="utf-8") for path in files}


@functools.cache
def bugs(project: str, split: str, kinds: tuple[str, ...] = ()) -> tuple[Bug, ...]:
    """Every bug of a split, of all kinds or of some."""
    every = [Bug(file, m) for file, text in sources(project).items() for m in mutations(text)]
    held = [(i % TEST_SHARE == 0) == (split == "test") for i in range(len(every))]
    kept = [bug for bug, mine in zip(every, held, strict=True) if mine]
    return tuple(bug for bug in kept if not kinds or bug.mutation.kind in kinds)


def broken_by(project: str, bug: Bug) -> dict[str, str]:
    """The files of a project with a bug in them."""
    files = dict(sources(project))
    files[bug.file] = bug.mutation.applied(files[bug.file])
    return files


def make_tests(project: str, random: Random, count: int) -> tuple[Test, ...]:
    """`count` tests, of every function of a project in turn."""
    functions = [name for name in INPUTS if name.startswith(project + ".")]
    made = []
    for place in range(count):
        function = functions[place % len(functions)]
        name = f"test_{function.rpartition('.')[2]}_{1 + place // len(functions)}"
        call = Call(function, INPUTS[function](random))
        made.append(Test(name, call, _expected(call)))
    return tuple(made)


def _expected(call: Call) -> Any:
    module, _, name = call.function.rpartition(".")
    function = getattr(importlib.import_module(f"{_HERE}.projects.{module}"), name)
    return function(*copy.deepcopy(call.arguments))


def run_tests(
    files: dict[str, str],
    tests: tuple[Test, ...],
    *,
    limits: Limits | None = None,
    allow_weaker: bool = False,
) -> tuple[bool, ...]:
    """Run tests on files, contained.

    Raises:
        ContainmentError: see `rewardsmith.contained.require_containment`.
    """
    calls = [test.call for test in tests]
    answers, _ = call_functions(files, calls, each_s=1.0, limits=limits, allow_weaker=allow_weaker)
    return tuple(test.passed(answer) for test, answer in zip(tests, answers, strict=True))


def weights_of(fates: list[tuple[bool, ...]]) -> tuple[float, ...]:
    """The weight of each test: 1 minus the share of wrong programs that pass it, normalised.

    The share is smoothed by one pass and one failure, so that every test counts.
    """
    rates = [(sum(column) + 1) / (len(column) + 2) for column in zip(*fates, strict=True)]
    total = sum(1 - rate for rate in rates)
    return tuple((1 - rate) / total for rate in rates)


@functools.lru_cache(maxsize=256)
def draw(
    seed: int,
    split: str = "train",
    *,
    tests: int = 16,
    hidden: int = 24,
    kinds: tuple[str, ...] = (),
    allow_weaker: bool = False,
) -> Task:
    """The task of a seed: a bug that at least one visible test notices.

    Raises:
        ContainmentError: this machine cannot run the tests contained.
    """
    random = Random(f"code repair {seed}")
    project = random.choice(PROJECTS)
    visible = make_tests(project, random, tests)
    unseen = make_tests(project, random, hidden)
    for _ in range(20):
        tried = random.sample(bugs(project, split, kinds), CANDIDATES)
        fates = _fates(project, tried, visible, allow_weaker=allow_weaker)
        for bug, fate in zip(tried, fates, strict=True):
            if not all(fate):
                right, broken = dict(sources(project)), broken_by(project, bug)
                weights = weights_of(fates)
                return Task(project, bug, right, broken, visible, unseen, weights, fate)
    raise ContractError(f"No bug of {project} fails a test with seed {seed}: add inputs.")


def _fates(
    project: str, tried: list[Bug], tests: tuple[Test, ...], *, allow_weaker: bool
) -> list[tuple[bool, ...]]:
    """Which tests each bug passes, all bugs in one run: each has a folder of its own."""
    files, every = {}, []
    for number, bug in enumerate(tried):
        for name, text in broken_by(project, bug).items():
            files[f"v{number}/{name}"] = text
        for test in tests:
            call = Call(f"v{number}.{test.call.function}", test.call.arguments)
            every.append(Test(test.name, call, test.expected))
    passed = run_tests(files, tuple(every), allow_weaker=allow_weaker)
    size = len(tests)
    return [passed[i * size : (i + 1) * size] for i in range(len(tried))]
