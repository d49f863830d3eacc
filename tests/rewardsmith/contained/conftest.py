from __future__ import annotations

import os
import pathlib
from collections.abc import Callable
from typing import Any

import pytest

from rewardsmith.contained import Finished, Limits, containment, run_contained


@pytest.fixture
def box() -> Callable[..., Finished]:
    """Run a text in the box; skipped where the machine makes no namespaces."""
    if containment() != "namespaces":
        pytest.skip(f"this machine contains no program (found: {containment()})")

    def run(code: str, **limits: Any) -> Finished:
        return run_contained({"main.py": code}, ["main.py"], limits=Limits(**limits))

    return run


@pytest.fixture
def named() -> Callable[[str], list[int]]:
    """The processes of the whole machine whose command line has a word."""

    def find(word: str) -> list[int]:
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    line = (entry / "cmdline").read_bytes()
                except OSError:
                    continue
                found += [int(entry.name)] if word.encode() in line else []
        return found

    return find
