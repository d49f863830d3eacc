"""Build the wheel without network: python tools/build_wheel.py FOLDER; prints the wheel's path."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from stage import stage


def build(folder: Path) -> Path:
    """Build into `folder` and return the wheel."""
    with tempfile.TemporaryDirectory() as temporary:
        source = stage(Path(temporary) / "source")
        options = ["--no-deps", "--no-build-isolation", "--quiet", "--wheel-dir", str(folder)]
        subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(source)], check=True)
    return next(folder.glob("rewardsmith-*.whl"))


if __name__ == "__main__":
    print(build(Path(sys.argv[1])))
