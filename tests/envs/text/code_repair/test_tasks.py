from __future__ import annotations

import ast
from typing import Any

import pytest

from rewardsmith.contained import Answer, Call
from rewardsmith.envs.text.code_repair.inputs import INPUTS, PROJECTS
from rewardsmith.envs.text.code_repair.mutations import Mutation, mutations
from rewardsmith.envs.text.code_repair.tasks import Test, bugs, draw, sources, weights_of

SMALL = "def f(x, y):\n    if not x:\n        return 0\n    return x - 1 if x < y and y else 2\n"


def test_the_bugs_of_a_small_function() -> None:
    found = {(m.kind, m.line, m.after) for m in mutations(SMALL)}
    last = "    return x - 1 if x < y and y else 2"
    assert found == {
        ("wrong logic", 2, "    if x:"),
        ("missing case", 2, None),
        ("off by one", 3, "        return 1"),
        ("off by one", 3, "        return -1"),
        ("wrong operator", 4, last.replace("x - 1", "x + 1")),
        ("off by one", 4, last.replace("- 1", "- 0")),
        ("off by one", 4, last.replace("- 1", "- 2")),
        ("off by one", 4, last.replace("else 2", "else 1")),
        ("off by one", 4, last.replace("else 2", "else 3")),
        ("wrong operator", 4, last.replace("<", "<=")),
        ("wrong operator", 4, last.replace("<", ">")),
        ("wrong logic", 4, last.replace("and", "or")),
    }


def test_a_missing_case_takes_its_lines_away() -> None:
    gone = Mutation("missing case", 2, "", None, 2).applied(SMALL)
    assert gone == "def f(x, y):\n    return x - 1 if x < y and y else 2\n"


@pytest.mark.parametrize("project", PROJECTS)
def test_every_bug_is_python_and_changes_the_file(project: str) -> None:
    for split in ("train", "test"):
        for bug in bugs(project, split):
            text = bug.mutation.applied(sources(project)[bug.file])
            assert text != sources(project)[bug.file]
            ast.parse(text)


def test_every_function_has_inputs() -> None:
    names = set()
    for project in PROJECTS:
        for file, text in sources(project).items():
            module = file.removesuffix(".py").replace("/", ".")
            tree = ast.parse(text)
            names |= {f"{module}.{n.name}" for n in tree.body if isinstance(n, ast.FunctionDef)}
    assert names == set(INPUTS)


def test_weights_by_hand() -> None:
    # Passed by 0, 2 and 1 of 2 programs, smoothed 1/4, 3/4, 2/4: 3, 1 and 2 quarters fail.
    weights = weights_of([(False, True, True), (False, True, False)])
    assert weights == pytest.approx((3 / 6, 1 / 6, 2 / 6))


def test_a_test_passes_on_the_right_answer_alone() -> None:
    test = Test("t", Call("a.f", (1,)), [1, 2])
    assert test.passed(Answer([1, 2]))
    assert not test.passed(Answer([1, 3]))
    assert not test.passed(Answer(None, "no answer"))
    assert test.source() == "def t():\n    assert f(1) == [1, 2]\n"


def test_a_bug_is_noticed(build: Any) -> None:
    task = draw(0)
    assert len(task.first) == len(task.visible) == len(task.weights)
    assert not all(task.first)
    assert any(task.first)
    assert sum(task.weights) == pytest.approx(1)
