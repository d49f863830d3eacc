"""What the page needs of a reward's terms and of its recorded episode, kept small."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

import numpy as np
from markupsafe import Markup

from rewardsmith.agents.compare.episode import Film
from rewardsmith.agents.compare.results import Arm, Table
from rewardsmith.agents.compare.stats import Floats

#: characters of pictures in one page, shared by its films; most points of one stacked plot
PICTURES, POINTS = 2_200_000, 160
#: columns that are no term's pay; the last two are of language models
_NOT_TERMS = ("env_steps", "env_return", "success", "turns", "tokens")


def color_of(names: list[str]) -> list[int]:
    """A colour for each term: grey for the environment's own, so that a term is no reward's."""
    others = [n for n in names if n != "env"]
    return [7 if n == "env" else (3 + others.index(n)) % 7 for n in names]


def term_layers(arm: Arm) -> tuple[Floats, dict[str, Floats]]:
    """Mean over seeds of what each term pays per episode, shape (points,) each.

    Where every run has a number: a mean over fewer would jump where one ends. Of the finished
    runs, or of all while none is finished.
    """
    runs = arm.finished or arm.runs
    tables = [r.terms for r in runs if len(r.terms.get("env_steps", ()))]
    if not tables:
        return np.zeros(0), {}
    x = np.unique(np.concatenate([t["env_steps"] for t in tables]))
    layers = {n: _mean(x, tables, n) for n in tables[0] if n not in _NOT_TERMS}
    known = ~np.isnan(np.array(list(layers.values()))).any(axis=0) if layers else x < 0
    return _binned(x[known], {n: v[known] for n, v in layers.items()})


def film_data(film: Film, budget: int) -> dict[str, Any]:
    """The episode for the page, with at most `budget` characters of pictures."""
    size = sum(len(f) for f in film.frames)
    every = max(1, math.ceil(size / max(budget, 1)))
    data = asdict(film)
    data["frames"], data["shown"] = film.frames[::every], film.shown[::every]
    data["colors"] = dict(zip(film.terms, color_of(list(film.terms)), strict=True))
    data["terms"] = {k: [_finite(v) for v in paid] for k, paid in film.terms.items()}
    data["env_rewards"] = [_finite(v) for v in film.env_rewards]
    return data


def script_json(data: Any) -> Markup:
    """JSON that may stand in a script element: "<" ends it or opens a comment, so it is coded."""
    return Markup(json.dumps(data, allow_nan=False).replace("<", "\\u003c"))


def _finite(value: float) -> float:
    return float(f"{value:.5g}") if math.isfinite(value) else 0.0


def _mean(x: Floats, tables: list[Table], name: str) -> Floats:
    mean: Floats = np.mean([_along(x, t, name) for t in tables if name in t], axis=0)
    return mean


def _along(x: Floats, table: Table, name: str) -> Floats:
    """One run's column at steps `x`; NaN beyond what the run has seen."""
    known = ~np.isnan(table[name])
    if not known.any():
        return np.full(len(x), np.nan)
    steps = table["env_steps"][known]
    return np.interp(x, steps, table[name][known], left=np.nan, right=np.nan)


def _binned(x: Floats, layers: dict[str, Floats]) -> tuple[Floats, dict[str, Floats]]:
    """At most POINTS points, each the mean of its neighbours."""
    bins = np.array_split(np.arange(len(x)), min(POINTS, len(x))) if len(x) else []
    return (
        np.array([x[b].mean() for b in bins]),
        {n: np.array([v[b].mean() for b in bins]) for n, v in layers.items()},
    )
