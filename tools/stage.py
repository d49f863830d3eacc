"""Copy what an installation is built from, so that builds leave nothing in the working tree.

An in-tree build writes build/lib, and a later wheel would carry files deleted since.
"""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("src", "rewards", "wrappers", "envs", "agents", "benchmarks")
FILES = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE")


def stage(target: Path) -> Path:
    """Copy the sources into `target` (created) and return it."""
    target.mkdir(parents=True)
    skip = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, target / folder, ignore=skip)
    for file in FILES:
        shutil.copy2(ROOT / file, target / file)
    return target
