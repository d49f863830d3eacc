"""The plan of a sweep: which rewards, under which labels, on which seeds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rewardsmith
from rewardsmith.agents.classic.folder import LOCK
from rewardsmith.agents.classic.settings import checked_reward, make_spec
from rewardsmith.agents.classic.spec import RunSpec
from rewardsmith.errors import ConfigError
from rewardsmith.named_rewards import named_rewards
from rewardsmith.registration import find_entry
from rewardsmith.stack import RewardStack
from rewardsmith.storage import write_json

_LONGEST = 32


@dataclass(frozen=True)
class Candidate:
    """One reward of a sweep: its label (a folder name), what was written, and the stack."""

    label: str
    text: str
    doc: str
    stack: RewardStack

    def describe(self) -> dict[str, str]:
        """What compare.json holds of it."""
        return {
            "label": self.label,
            "formula": self.stack.formula,
            "doc": self.doc,
            "guarantee": self.stack.guarantee.value,
            "hash": self.stack.hash,
        }


@dataclass(frozen=True)
class Plan:
    """A sweep: `runs` maps (label, seed) to a spec."""

    out: Path
    candidates: tuple[Candidate, ...]
    seeds: tuple[int, ...]
    runs: dict[tuple[str, int], RunSpec]

    @property
    def first(self) -> RunSpec:
        """Any of the specs: all but reward and seed are equal."""
        return next(iter(self.runs.values()))

    def folder(self, label: str, seed: int) -> Path:
        """Where one run lives."""
        return self.label_folder(label) / f"seed-{seed}"

    def label_folder(self, label: str) -> Path:
        """Where the runs of one reward live."""
        return self.out / "runs" / label

    def check(self, command: str, threshold: float) -> None:
        """Raise `ConfigError` where `write` would; nothing is written."""
        check_folder(self.out)
        _check_same(self.out / "compare.json", self._data(command, threshold))

    def write(self, command: str, threshold: float) -> None:
        """Write compare.json.

        Raises:
            ConfigError: the folder holds a sweep over another environment or the like, a
                single run, or a stranger's files.
        """
        self.check(command, threshold)
        write_json(self.out / "compare.json", self._data(command, threshold))

    def _data(self, command: str, threshold: float) -> dict[str, Any]:
        return {
            "command": command,
            "env_id": self.first.env_id,
            "env_kwargs": dict(self.first.env_kwargs),
            "algo": self.first.algo,
            "steps": self.first.steps,
            "seeds": list(self.seeds),
            "rewards": [c.describe() for c in self.candidates],
            "threshold": threshold,
            "version": rewardsmith.__version__,
        }


def check_folder(out: Path) -> None:
    """Raise `ConfigError` unless `out` is absent, empty or a comparison's."""
    if out.exists() and not out.is_dir():
        raise ConfigError(f"A comparison's output is a folder. Received the file {out}.")
    if not out.exists() or (out / "compare.json").exists():
        return
    # A sweep that was stopped at once leaves its runs alone.
    if others := sorted({p.name for p in out.iterdir()} - {LOCK, "runs"}):
        held = "holds another run" if "spec.json" in others else f"holds {others[0]}"
        raise ConfigError(
            f"A new comparison needs an empty folder. Received {out}, which {held}. Choose "
            "another --out."
        )


def make_plan(
    env_id: str,
    rewards: Sequence[str],
    seeds: Iterable[int],
    out: Path,
    *,
    labels: Sequence[str] | None = None,
    **settings: Any,
) -> Plan:
    """Every reward on every seed; `settings` as for `make_spec`, `labels` as for `label_all`.

    Raises:
        ConfigError: no reward, no seed, the same reward or seed twice.
    """
    numbers = tuple(seeds)
    if not rewards or not numbers:
        raise ConfigError(
            f"A comparison needs at least one reward and one seed. Received {len(rewards)} "
            f"rewards and {len(numbers)} seeds."
        )
    base = make_spec(env_id, **settings)
    candidates = label_all(rewards, base.env_id, labels)
    runs = {
        (c.label, seed): RunSpec.from_dict(
            {**base.to_dict(), "reward": c.stack.formula, "seed": seed}
        )
        for seed in numbers
        for c in candidates
    }
    return Plan(out, candidates, numbers, runs)


def label_all(
    rewards: Sequence[str], env_id: str, labels: Sequence[str] | None = None
) -> tuple[Candidate, ...]:
    """A label for each reward: the given one, or its name, or its text made fit for a folder.

    Doubled labels become -2, -3 ...
    """
    entry = find_entry(env_id)
    known = named_rewards(entry) if entry else {}
    candidates: list[Candidate] = []
    for text, wanted in zip(rewards, labels or rewards, strict=True):
        stack = checked_reward(text, env_id)
        if twin := next((c for c in candidates if c.stack.hash == stack.hash), None):
            raise ConfigError(
                f"A comparison needs different rewards. Received {text!r}, which is the same "
                f"as {twin.text!r}."
            )
        label = _unique(_slug(wanted), [c.label for c in candidates])
        doc = known[text].doc if text in known else ""
        candidates.append(Candidate(label, text, doc, stack))
    return tuple(candidates)


def _slug(text: str) -> str:
    if text.partition("#")[0].endswith((".yaml", ".yml", ".py")):
        path, _, name = text.partition("#")
        text = name or Path(path).stem
    return re.sub(r"[^A-Za-z0-9_]+", "-", text)[:_LONGEST].strip("-").lower() or "reward"


def _unique(label: str, taken: list[str]) -> str:
    number, name = 1, label
    while name in taken:
        number += 1
        name = f"{label}-{number}"
    return name


def _check_same(path: Path, data: dict[str, Any]) -> None:
    if not path.exists():
        return
    try:
        old = json.loads(path.read_text(encoding="utf-8"))
        wrong = [k for k in ("env_id", "algo", "steps") if old[k] != data[k]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{path} must be a comparison's own file. It cannot be read ({error!r}). Choose "
            "another --out, or delete the folder."
        ) from error
    if wrong:
        told = "; ".join(f"{k} is {old[k]!r} there, {data[k]!r} here" for k in wrong)
        raise ConfigError(
            f"A folder holds one comparison. Received {path.parent}, which holds another: "
            f"{told}. Choose another --out, or delete the folder."
        )
