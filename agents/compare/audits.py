"""Each reward's audit beside its runs: made in the pool, kept in audit.json, told in one line."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rewardsmith
from rewardsmith.agents.classic.folder import RunFolder
from rewardsmith.agents.classic.spec import RunSpec
from rewardsmith.agents.compare.failures import last_words
from rewardsmith.agents.compare.plan import Plan
from rewardsmith.agents.compare.pool import Job, run_jobs
from rewardsmith.stack import RewardStack
from rewardsmith.storage import write_json

_AUDITOR = "rewardsmith.agents.compare.auditor"
_NAME = "audit.json"
_SAYS = {"verdict", "meaning", "regret", "cause", "remedy", "hazards", "gamma", "open"}
_KIND = {"INVARIANT": "good", "OPTIMUM KEPT": "mid", "CHANGED": "bad"}


@dataclass(frozen=True)
class Badge:
    """A verdict in a word or two, how good it is (good, mid, bad or open), and its regret."""

    word: str
    kind: str
    lost: str = ""

    @property
    def text(self) -> str:
        """E.g. `CHANGED (regret 0.5)`."""
        return f"{self.word} ({self.lost})" if self.lost else self.word


def audit_all(plan: Plan, parallel: int) -> None:
    """Audit every reward that has no fitting audit yet, and tell each verdict on stderr.

    An audit that fails, for whatever reason, becomes a reason why there is none.
    """
    jobs: dict[str, str] = {}
    waiting = []
    for candidate in plan.candidates:
        label, run = candidate.label, RunFolder(plan.folder(candidate.label, plan.seeds[0]))
        folder = plan.label_folder(label)
        if (known := read_audit(folder, key_of(plan.runs[label, plan.seeds[0]]))) is not None:
            _tell(label, known)
            continue
        job = Job(
            f"audit of {label}", [_AUDITOR, str(folder), str(run.spec)], folder / "audit-log.txt"
        )
        jobs[job.name] = label
        job.log.unlink(missing_ok=True)
        waiting.append(job)

    def listen(job: Job, news: dict[str, Any] | int) -> None:
        if isinstance(news, int):
            _tell(jobs[job.name], _outcome(plan, jobs[job.name], job.log, failed=news != 0))

    run_jobs(waiting, parallel, listen)


def key_of(spec: RunSpec) -> dict[str, Any]:
    """What an audit depends on; one with another key is made anew."""
    key = {
        "hash": RewardStack.parse(spec.reward).hash,
        "gamma": spec.gamma,
        "env_id": spec.env_id,
        "env_kwargs": dict(spec.env_kwargs),
        "version": rewardsmith.__version__,
    }
    known: dict[str, Any] = json.loads(json.dumps(key))  # as it is read back
    return known


def write_audit(folder: Path, data: Mapping[str, Any]) -> None:
    """Write audit.json, atomically."""
    write_json(folder / _NAME, dict(data))


def read_audit(folder: Path, key: Mapping[str, Any]) -> dict[str, Any] | None:
    """The audit in `folder` if it is one of this reward, made with these settings."""
    try:
        data = json.loads((folder / _NAME).read_text(encoding="utf-8"))
        fits = {k: data.get(k) for k in key} == dict(key)
    except (OSError, ValueError, AttributeError):
        return None
    return data if fits and ("not_audited" in data or data.keys() >= _SAYS) else None


def badge(data: Mapping[str, Any]) -> Badge:
    """What stands beside the reward's name."""
    if "verdict" not in data:
        return Badge("not audited", "open")
    lost = f"regret {data['regret']:.3g}" if data["regret"] else ""
    return Badge(data["verdict"], _KIND.get(data["verdict"], "open"), lost)


def why(data: Mapping[str, Any]) -> str:
    """The cause, or why there is no verdict; else the names of hazards, if there are any."""
    if told := data.get("not_audited") or data["cause"] or data["open"]:
        return str(told)
    return ", ".join(h["name"] for h in data["hazards"])


def _outcome(plan: Plan, label: str, log: Path, *, failed: bool) -> dict[str, Any]:
    """What the auditor wrote; if it could not, why, in a file that the next call replaces."""
    folder = plan.label_folder(label)
    key = key_of(plan.runs[label, plan.seeds[0]])
    if not failed and (known := read_audit(folder, key)) is not None:
        return known
    told = last_words(log) or "no reason given"
    # Without its version no later call takes this for a fitting audit.
    key["version"] = None
    lost = {**key, "not_audited": f"The audit failed: {told}. Its traceback is in {log}."}
    write_audit(folder, lost)
    return lost


def _tell(label: str, data: Mapping[str, Any]) -> None:
    shown, reason = badge(data), why(data)
    print(f"audit of {label}: {shown.text}{': ' if reason else ''}{reason}", file=sys.stderr)
