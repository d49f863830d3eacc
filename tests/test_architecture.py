"""The arrows between the folders, and the ban on executing text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("src", "rewards", "wrappers", "envs", "agents", "benchmarks")
FILES = [file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py"))]

#: folder -> the folders whose modules it may import (its own always)
MAY_IMPORT = {
    "src": set(),
    "rewards": {"src"},
    # The audit runs rewards in their places, so it stands above wrappers/; see docs/design.md.
    "rewards/audit": {"src", "rewards", "wrappers"},
    "wrappers": {"src", "rewards"},
    "envs": {"src"},
    "agents": {"src", "rewards", "rewards/audit", "wrappers", "envs"},
    "benchmarks": {"src", "rewards", "rewards/audit", "wrappers", "envs", "agents"},
}
#: src/ reaches upward only here, and only when a function is called or a type is checked
LAZY_IN_SRC = ("src/rewardsmith/__init__.py", "src/rewardsmith/cli/")


def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def _owner(module: str) -> str:
    """The folder that a module of ours lies in."""
    parts = module.split(".")
    if parts[1:3] == ["rewards", "audit"]:
        return "rewards/audit"
    return parts[1] if len(parts) > 1 and parts[1] in FOLDERS[1:] else "src"


def _folder(file: Path) -> str:
    """The layer that a file lies in."""
    parts = file.relative_to(ROOT).parts
    return "rewards/audit" if parts[:2] == ("rewards", "audit") else parts[0]


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            # "from rewardsmith import rewards" names a module too
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _at_import_time(tree: ast.Module) -> ast.Module:
    """The tree without function bodies and `if TYPE_CHECKING:` blocks."""

    class Strip(ast.NodeTransformer):
        def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
            return None

        visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]

        def visit_If(self, node: ast.If) -> ast.AST | None:
            checking = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
            return None if checking else self.generic_visit(node)

    stripped = Strip().visit(tree)
    assert isinstance(stripped, ast.Module)
    return stripped


def _name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_imports_point_downward(file: Path) -> None:
    folder = _folder(file)
    tree = _tree(file)
    if _name(file).startswith(LAZY_IN_SRC):
        tree = _at_import_time(tree)
    ours = [m for m in _imports(tree) if m.split(".")[0] == "rewardsmith"]
    wrong = [m for m in ours if _owner(m) != folder and _owner(m) not in MAY_IMPORT[folder]]
    assert wrong == [], f"{_name(file)} must not import {wrong}"


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_relative_imports_stay_in_their_package(file: Path) -> None:
    levels = [n.level for n in ast.walk(_tree(file)) if isinstance(n, ast.ImportFrom)]
    assert all(level <= 1 for level in levels), f"{_name(file)} imports from a parent package"


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_nothing_executes_text(file: Path) -> None:
    banned = {"eval", "exec", "compile", "__import__"}
    called = [
        (node.func.id, node.lineno)
        for node in ast.walk(_tree(file))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in banned
    ]
    assert called == [], f"{_name(file)} calls {called}"


# agents/ is left out: the checkpoints of Stable-Baselines3 are pickles of its own.
UNPICKLED = [file for file in FILES if file.relative_to(ROOT).parts[0] != "agents"]


@pytest.mark.parametrize("file", UNPICKLED, ids=_name)
def test_no_pickle_is_read(file: Path) -> None:
    modules = [m for m in _imports(_tree(file)) if m != "pickle.dumps"]
    loaders = [m for m in modules if m.split(".")[0] in ("pickle", "dill", "shelve")]
    assert loaders == [], f"{_name(file)} imports {loaders}: loading a pickle runs its text"


def test_the_checks_see_a_wrong_import() -> None:
    tree = ast.parse("from rewardsmith import agents\nfrom rewardsmith.wrappers.make import make")
    assert [_owner(m) for m in _imports(tree)] == ["agents", "wrappers"]


def test_catalogs_are_light() -> None:
    """Catalogs are read at `import rewardsmith`: they may import the entry class only."""
    for file in sorted((ROOT / "envs").glob("**/catalog.py")):
        allowed = {"rewardsmith.catalog.EnvEntry", "__future__.annotations", "importlib"}
        heavy = [
            m
            for m in _imports(_tree(file))
            if m not in allowed and m.split(".")[0] not in ("typing", "collections", "itertools")
        ]
        assert heavy == [], f"{_name(file)} imports {heavy}"
