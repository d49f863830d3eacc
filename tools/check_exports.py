"""Run the tests of agents/llm/export against the real packages, each in an environment of its own.

    python tools/check_exports.py                  # all of them, in a temporary folder
    python tools/check_exports.py gem verl --keep build/exports

verifiers, verl and GEM pin other versions of what rewardsmith's extras need, so that no
one environment holds them all. With --keep, environments are made once and used again.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from build_wheel import build

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests" / "agents" / "llm" / "export"
#: what importing the exports needs, beside rewardsmith itself
LIGHT = ("numpy>=2", "gymnasium>=1.4,<1.5", "pyyaml>=6", "pillow>=10", "pytest>=8")


@dataclass(frozen=True)
class Export:
    """A package: what pip installs, the module that must import, the file of tests."""

    requirements: tuple[str, ...]
    module: str
    tests: str


EXPORTS = {
    "gem": Export(("gem-llm==0.1.0",), "gem", "test_gem_env.py"),
    "openenv": Export(("openenv==0.10.0",), "openenv", "test_openenv_env.py"),
    "skyrl": Export(("skyrl-gym==0.4.0",), "skyrl_gym", "test_skyrl_env.py"),
    # pip takes the build of torch that its index offers; a CPU build is enough
    "verl": Export(("verl==0.9.1", "torch==2.13.0"), "verl", "test_verl_reward.py"),
    "verifiers": Export(("verifiers==0.4.0",), "verifiers.v1", "test_verifiers_env.py"),
}


def main() -> int:
    """Return 0 if every package that was asked for installed and passed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(EXPORTS))
    parser.add_argument("--keep", type=Path, help="folder of the environments")
    given = parser.parse_args()
    if unknown := set(given.names) - set(EXPORTS):
        parser.error(f"no export {sorted(unknown)[0]!r}; there are {', '.join(EXPORTS)}")
    with tempfile.TemporaryDirectory() as temporary:
        wheel = build(Path(temporary))
        folder = given.keep or Path(temporary)
        failed = [n for n in given.names or EXPORTS if not _check(n, folder, wheel)]
    print(f"failed: {', '.join(failed)}" if failed else "all passed")
    return 1 if failed else 0


def _check(name: str, folder: Path, wheel: Path) -> bool:
    export, python = EXPORTS[name], folder.absolute() / name / "bin" / "python"
    print(f"== {name}: {' '.join(export.requirements)}", flush=True)
    if not python.exists():
        _run([sys.executable, "-m", "venv", str(python.parents[1])])
    pip = [str(python), "-m", "pip", "install", "--quiet"]
    return (
        _run([*pip, *export.requirements, *LIGHT])
        and _run([*pip, "--no-deps", "--force-reinstall", str(wheel)])
        # without this a package that does not import would be a skipped test, and pass
        and _run([str(python), "-c", f"import {export.module}"])
        and _run(_pytest(python, export))
    )


def _pytest(python: Path, export: Export) -> list[str]:
    # Without setup.cfg: there warnings are errors, and these packages emit their own.
    options = ["-c", os.devnull, "--import-mode=importlib", "-p", "no:cacheprovider", "-q"]
    files = [str(TESTS / "test_session.py"), str(TESTS / export.tests)]
    return [str(python), "-m", "pytest", *options, "--rootdir", str(TESTS), *files]


def _run(command: list[str]) -> bool:
    return subprocess.run(command, cwd=TESTS, check=False).returncode == 0


if __name__ == "__main__":
    raise SystemExit(main())
