"""Every docstring example runs, through the import name."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

from rewardsmith.errors import MissingExtraError

PACKAGES = (
    "rewardsmith",
    "rewardsmith.rewards",
    "rewardsmith.wrappers",
    "rewardsmith.envs",
    "rewardsmith.agents",
    "rewardsmith.benchmarks",
)


def _modules() -> list[str]:
    names = set(PACKAGES)
    for package in PACKAGES:
        path = importlib.import_module(package).__path__
        for module in pkgutil.walk_packages(path, f"{package}.", onerror=_raise):
            if not module.name.endswith("__main__"):  # importing one would run a command
                names.add(module.name)
    return sorted(names)


def _raise(name: str) -> None:
    raise ImportError(f"{name} cannot be imported")


@pytest.mark.parametrize("name", _modules())
def test_examples(name: str) -> None:
    try:
        module = importlib.import_module(name)
    except MissingExtraError as missing:  # an export for a trainer that is not installed
        pytest.skip(str(missing))
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


def test_the_walk_finds_modules_of_all_folders() -> None:
    names = _modules()
    for expected in (
        "rewardsmith.stack",
        "rewardsmith.rewards.potential",
        "rewardsmith.envs.control.cartpole",
        "rewardsmith.testing.terms",
    ):
        assert expected in names
