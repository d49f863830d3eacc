"""The type gate: install into a temporary folder and run `mypy --strict` on the import name.

Checking envs/ or rewards/ by path would give mypy a second copy of each module.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from stage import ROOT, stage


def main() -> int:
    """Return mypy's exit status; its messages name files as they lie in the working tree."""
    with tempfile.TemporaryDirectory() as temporary:
        source, site = stage(Path(temporary) / "source"), Path(temporary) / "site"
        options = ["--no-deps", "--no-build-isolation", "--quiet", "--target", str(site)]
        subprocess.run([sys.executable, "-m", "pip", "install", *options, str(source)], check=True)
        result = subprocess.run(_mypy(), cwd=site, capture_output=True, text=True, check=False)
    print(_relocate(result.stdout), end="")
    print(result.stderr, end="", file=sys.stderr)
    return result.returncode


def _mypy() -> list[str]:
    return [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        f"--config-file={ROOT / 'setup.cfg'}",
        f"--cache-dir={os.environ.get('MYPY_CACHE_DIR', ROOT / '.mypy_cache')}",
        f"--python-executable={sys.executable}",
        "--package=rewardsmith",
    ]


def _relocate(messages: str) -> str:
    """Turn rewardsmith/rewards/x.py into rewards/x.py, and rewardsmith/x.py into src/..."""
    lines = []
    for line in messages.splitlines(keepends=True):
        inner = line.removeprefix("rewardsmith/")
        if inner == line:
            lines.append(line)
        elif inner.split("/", maxsplit=1)[0] in (
            "rewards",
            "wrappers",
            "envs",
            "agents",
            "benchmarks",
        ):
            lines.append(inner)
        else:
            lines.append(f"src/{line}")
    return "".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
