from __future__ import annotations

import pytest

from rewardsmith.envs.text.code_repair.repo import (
    Edit,
    diff,
    first_difference,
    lines_changed,
    read_edit,
)

SOURCE = "def f(x):\n    return x\n\n\nY = 1\n"


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("replace a.py 2: return -x", "def f(x):\n    return -x\n\n\nY = 1\n"),
        ("replace a.py 2:return -x", "def f(x):\n    return -x\n\n\nY = 1\n"),
        ("REPLACE a.py 2:   return -x", "def f(x):\n  return -x\n\n\nY = 1\n"),
        ("replace a.py 2: |X = 2: 3", "def f(x):\nX = 2: 3\n\n\nY = 1\n"),
        ("insert a.py 2: x += 1", "def f(x):\n    x += 1\n    return x\n\n\nY = 1\n"),
        ("insert a.py 6: Z = 2", "def f(x):\n    return x\n\n\nY = 1\nZ = 2\n"),
        ("delete a.py 5", "def f(x):\n    return x\n\n\n"),
    ],
)
def test_edits(line: str, changed: str) -> None:
    edit = read_edit(line)
    assert edit is not None
    assert edit.applied(SOURCE) == changed


@pytest.mark.parametrize("line", ["replace a.py 2", "delete a.py 2: x", "replace a.py x: y", "run"])
def test_what_is_no_edit(line: str) -> None:
    assert read_edit(line) is None


@pytest.mark.parametrize(
    "other", ["", "a\n", SOURCE * 2, "def f(x):\nreturn x\nY = 1\n", "\n\n    z\n  y\nx\n"]
)
def test_differences_lead_to_what_is_wanted(other: str) -> None:
    have = SOURCE
    for _ in range(30):
        edit = first_difference("a.py", have, other)
        if edit is None:
            break
        again = read_edit(str(edit))
        assert again == edit
        have = edit.applied(have)
    assert have == other


def test_an_expert_writes_no_bar_where_the_indentation_stays() -> None:
    edit = first_difference("a.py", SOURCE, SOURCE.replace("return x", "return 2"))
    assert str(edit) == "replace a.py 2: return 2"
    assert str(Edit("delete", "a.py", 2)) == "delete a.py 2"


def test_the_diff_counts_lines() -> None:
    before, after = {"a.py": SOURCE, "b.py": "x\n"}, {"a.py": SOURCE, "b.py": "--x\n++y\n"}
    assert diff(before, after).split("\n")[3:] == ["-x", "+--x", "+++y"]
    assert lines_changed(before, after) == 3
