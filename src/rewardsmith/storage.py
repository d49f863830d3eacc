"""Atomic files: a reader sees the old content or the new, whole, whatever kills the writer."""

from __future__ import annotations

import io
import json
import os
import uuid
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rewardsmith.errors import ConfigError

_ARRAY = "__array__"


def cache_folder() -> Path:
    """`$REWARDSMITH_CACHE`, or `~/.cache/rewardsmith`: what can be made again."""
    return Path(os.environ.get("REWARDSMITH_CACHE") or Path.home() / ".cache" / "rewardsmith")


def write_atomic(path: Path, data: bytes) -> None:
    """Replace `path` by `data`; on a full disk the old file stays and `OSError` is raised."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not tempfile's, whose files only their owner may read.
    name = path.parent / f".{path.name}.{uuid.uuid4().hex}"
    try:
        with name.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        name.unlink(missing_ok=True)
        raise


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON, atomically."""
    write_atomic(path, (json.dumps(value, indent=2) + "\n").encode())


def save_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write nested dicts of arrays, numbers, strings and lists as one .npz, no pickle."""
    arrays: dict[str, np.ndarray] = {}
    tree = json.dumps(_pack(state, arrays)).encode()
    buffer = io.BytesIO()
    np.savez(buffer, tree=np.frombuffer(tree, dtype=np.uint8), **arrays)  # type: ignore[arg-type]
    write_atomic(path, buffer.getvalue())


def load_state(path: Path) -> dict[str, Any]:
    """Read what `save_state` wrote; raises `ConfigError` if the file is not of that kind."""
    try:
        # From memory: NumPy leaves a damaged file open.
        data = path.read_bytes()
        if not data.startswith(b"PK"):  # NumPy would advise to unpickle it
            raise ValueError(f"its {len(data)} bytes are no .npz file")
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {k: file[k] for k in file.files}
        tree = json.loads(arrays.pop("tree").tobytes())
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ConfigError(f"A saved state was expected at {path}, but: {error}.") from error
    return _unpack(tree, arrays)  # type: ignore[no-any-return]


def _pack(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _pack(v, arrays) for k, v in value.items()}
    if isinstance(value, np.ndarray):
        key = f"a{len(arrays)}"
        arrays[key] = value
        return {_ARRAY: key}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple):
        return [_pack(v, arrays) for v in value]
    return value


def _unpack(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if isinstance(value, dict):
        if set(value) == {_ARRAY}:
            return arrays[value[_ARRAY]]
        return {k: _unpack(v, arrays) for k, v in value.items()}
    if isinstance(value, list):
        return [_unpack(v, arrays) for v in value]
    return value
