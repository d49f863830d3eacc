"""The peer's own virtual environment: its pins conflict with ours, so it never enters ours."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

PEER = "rllte-core==1.0.1"
#: of what we have, the same versions
SAME = ("torch", "numpy", "gymnasium")
#: all else that `import rllte.xplore.reward` asks for
MORE = ("termcolor", "nvidia-ml-py")


def folder() -> Path:
    """Where it is kept between runs."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "rewardsmith" / PEER.replace("==", "-")


def peer_python() -> Path:
    """The peer's Python; makes its environment if there is none (downloads packages)."""
    home = folder()
    python, ready = home / "bin" / "python", home / "ready"
    if not ready.exists():
        print(f"making {home}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        same = [f"{name}=={metadata.version(name).partition('+')[0]}" for name in SAME]
        install = [str(python), "-m", "pip", "install", "--quiet"]
        subprocess.run([*install, *same, *MORE], check=True)
        # Its pins (matplotlib, seaborn, pynvml, ...) are not needed by its rewards.
        subprocess.run([*install, "--no-deps", PEER], check=True)
        subprocess.run([str(python), "-c", "import rllte.xplore.reward"], check=True)
        ready.touch()
    return python
