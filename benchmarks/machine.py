"""What a figure was measured on, and where results are kept."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from rewardsmith.storage import write_json

PACKAGES = ("rewardsmith", "gymnasium", "stable-baselines3", "torch", "numpy", "minigrid")


def machine() -> dict[str, Any]:
    """CPU, cores, Python and the versions that matter."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in PACKAGES},
    }


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def write_result(path: Path, result: dict[str, Any]) -> None:
    """Write a result with its machine and the command that gave it, atomically."""
    command = " ".join(["python", "-m", *_module(), *sys.argv[1:]])
    write_json(path, {"command": command, "machine": machine(), **result})
    print(path)


def _module() -> list[str]:
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return [spec.name.removesuffix(".__main__")] if spec else [sys.argv[0]]
