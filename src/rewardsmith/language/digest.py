"""A stable hash of a reward's content."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from rewardsmith.language.nodes import Node, Sum

_VERSION = 1


def tree_hash(tree: Sum) -> str:
    """SHA-256 (hex) of what a reward says: equal for its formula and its YAML spelling.

    Places in the text, the order of options, and 1 beside 1.0 make no difference. It does
    not depend on the process or the version of Python.
    """
    content = json.dumps([_VERSION, _plain(tree)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Node):
        content = {k: v for k, v in vars(value).items() if k != "span"}
        if "options" in content:
            content["options"] = dict(content["options"])
        return {"node": type(value).__name__} | {k: _plain(v) for k, v in content.items()}
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"number": repr(float(value) + 0.0)}  # unlike the text "0.5"
    return value
