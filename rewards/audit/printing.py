"""An audit's result for the terminal and for machines."""

from __future__ import annotations

import json
import math
import textwrap
from pathlib import Path
from typing import Any

from rewardsmith.errors import ConfigError
from rewardsmith.placing import read_file
from rewardsmith.rewards.audit.result import MEANING, AuditResult

#: the largest file of preferences, in bytes
_PREFERENCES = 100_000_000
_MARK = {"passed": "ok", "failed": "FAILED", "info": "figure", "unchecked": "-"}


def print_result(result: AuditResult, *, as_json: bool = False) -> None:
    """Print the result: verdict first, or JSON alone."""
    print(json.dumps(plain(result.to_json()), indent=2) if as_json else as_text(result))


def as_text(result: AuditResult) -> str:
    """The result as a page of text, verdict first."""
    lost = f" (regret {result.regret:.3g})" if result.regret else ""
    lines = [f"{result.verdict.value}{lost}: {MEANING[result.verdict]}"]
    if result.claim:
        lines += _wrapped("", result.claim)
    lines += [f"  env     {result.env}", f"  reward  {result.reward}", f"  gamma   {result.gamma}"]
    if result.cause:
        lines += ["", *_wrapped("cause   ", result.cause), *_wrapped("change  ", result.remedy)]
    for hazard in result.hazards:
        if hazard.sentence != result.cause:
            lines += ["", *_wrapped(f"HAZARD {hazard.name}: ", hazard.sentence)]
            lines += _wrapped("change  ", hazard.remedy)
    lines += ["", "checks"]
    for check in result.checks:
        lines += _wrapped(f"{_MARK[check.status]:7} {check.name}: ", check.sentence)
    return "\n".join(lines)


def _wrapped(head: str, text: str) -> list[str]:
    return textwrap.wrap(head + text, 96, initial_indent="  ", subsequent_indent=" " * 10)


def plain(value: Any) -> Any:
    """Numbers and lists that JSON can hold; what is not finite becomes None."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, bool | int | str) or value is None else plain(value.item())


def read_preferences(path: Path) -> list[Any]:
    """A JSON list of pairs; raises `ConfigError`."""
    text = read_file(path, "A file of preferences", _PREFERENCES)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            f"A file of preferences is JSON, a list of pairs. {path}: {error}."
        ) from error
    if not isinstance(data, list):
        raise ConfigError(f"A file of preferences holds a list of pairs. Received {data!r:.80}.")
    return data
