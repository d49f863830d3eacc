"""Read a comparison's folder: its plan, and what every run has written so far."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from rewardsmith.agents.compare.audits import read_audit
from rewardsmith.agents.compare.episode import Film, load_episode
from rewardsmith.agents.compare.failures import read_failure
from rewardsmith.agents.compare.stats import Floats
from rewardsmith.errors import ConfigError

Table = dict[str, Floats]


@dataclass(eq=False)
class Run:
    """One reward on one seed, finished or not.

    Args:
        seed: its seed.
        finished: whether it ran to the end.
        evals: columns of eval.csv; blank cells are NaN.
        terms: columns of terms.csv.
        failure: why it ended early; empty if it did not, or was only interrupted.
        warned: env steps at which the watch saw the reward rise and the true return fall.
    """

    seed: int
    finished: bool
    evals: Table
    terms: Table
    failure: str = ""
    warned: list[int] = field(default_factory=list)

    def curve(self, column: str) -> tuple[Floats, Floats]:
        """Steps and values of the evaluations that have a number in `column`."""
        if column not in self.evals:
            return np.zeros(0), np.zeros(0)
        known = ~np.isnan(self.evals[column])
        return self.evals["env_steps"][known], self.evals[column][known]

    def final(self, column: str) -> float:
        """The last evaluation's value; NaN if there is none."""
        values = self.evals.get(column)
        return float(values[-1]) if values is not None and len(values) else float("nan")


@dataclass
class Arm:
    """One reward: what compare.json says of it, its runs, recorded episode and audit."""

    label: str
    about: dict[str, Any]
    runs: list[Run]
    film: Film | None
    audit: dict[str, Any] | None = None

    @property
    def started(self) -> list[Run]:
        """Runs with at least one evaluation."""
        return [r for r in self.runs if len(r.evals.get("env_steps", ()))]

    @property
    def finished(self) -> list[Run]:
        """Runs that reached their last step."""
        return [r for r in self.started if r.finished]

    @property
    def failed(self) -> list[Run]:
        """Runs that an error ended."""
        return [r for r in self.runs if r.failure and not r.finished]

    def curves(self, column: str) -> tuple[Floats, Floats]:
        """Steps (points,) and values (seeds, points) where every run has a number.

        Of the finished runs, so that one under way does not cut the others short; of the
        started ones while none is finished. Runs of whole episodes are evaluated at steps of
        their own: there values lie on the lines between evaluations.
        """
        runs = self.finished or self.started
        if not runs:
            return np.zeros(0), np.zeros((0, 0))
        shared = _shared([r.evals["env_steps"] for r in runs])
        rows = [np.interp(shared, r.evals["env_steps"], r.evals[column]) for r in runs]
        values = np.array(rows)
        known = ~np.isnan(values).any(axis=0)
        return np.array(shared)[known], values[:, known]


def _shared(steps: list[Floats]) -> list[float]:
    """Steps at which all runs were evaluated; if that is the start alone, those of any run."""
    common = set.intersection(*(set(s.tolist()) for s in steps))
    if len(common) > 1 or min(len(s) for s in steps) < 2:
        return sorted(common)
    last = min(float(s[-1]) for s in steps)
    return sorted({x for s in steps for x in s.tolist() if x <= last})


@dataclass
class Comparison:
    """A whole folder."""

    plan: dict[str, Any]
    arms: list[Arm]


def read_comparison(folder: Path) -> Comparison:
    """Read compare.json and every run; raises `ConfigError` if the folder is no comparison."""
    try:
        plan = json.loads((folder / "compare.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{folder} must hold a comparison's compare.json. Received: {error}. "
            "`rewardsmith compare` writes it."
        ) from error
    return Comparison(plan, [_arm(folder, about, plan["seeds"]) for about in plan["rewards"]])


def _arm(folder: Path, about: dict[str, Any], seeds: list[int]) -> Arm:
    home = folder / "runs" / about["label"]
    runs = [
        Run(
            seed,
            (home / f"seed-{seed}" / "result.json").exists(),
            _table(home / f"seed-{seed}" / "eval.csv"),
            _table(home / f"seed-{seed}" / "terms.csv"),
            read_failure(home / f"seed-{seed}"),
            _warned(home / f"seed-{seed}" / "result.json"),
        )
        for seed in seeds
    ]
    # A comparison of an older version, or a plan written by hand, tells no hash.
    audited = read_audit(home, {"hash": about["hash"]}) if "hash" in about else None
    return Arm(about["label"], about, runs, load_episode(home), audited)


def _warned(path: Path) -> list[int]:
    try:
        return list(json.loads(path.read_text(encoding="utf-8")).get("warned", []))
    except (OSError, ValueError, AttributeError):
        return []


def _table(path: Path) -> Table:
    """Columns of a CSV of numbers; a half-written last row is left out."""
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if None not in r and None not in r.values()]
    if not rows:
        return {}
    return {k: np.array([_number(r[k]) for r in rows]) for k in rows[0]}


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan
