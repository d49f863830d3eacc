"""report.html of a comparison: one file that opens offline."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from rewardsmith.agents.compare.charts import Band, line_chart, short, stacked_chart
from rewardsmith.agents.compare.results import Arm, Comparison, read_comparison
from rewardsmith.agents.compare.stats import Floats, iqm_curve
from rewardsmith.agents.compare.verdict import finding, rows
from rewardsmith.storage import write_atomic
from rewardsmith.term import MEANING, Guarantee

PACKAGES = ("rewardsmith", "gymnasium", "stable-baselines3", "torch", "numpy")


def write_report(directory: str | Path) -> Path:
    """Write DIR/report.html from whatever runs there are; returns its path.

    Raises:
        ConfigError: the folder holds no comparison.
    """
    folder = Path(directory)
    text = render(read_comparison(folder))
    write_atomic(folder / "report.html", text.encode())
    return folder / "report.html"


def render(comparison: Comparison) -> str:
    """The page's text."""
    plan, arms = comparison.plan, comparison.arms
    env = Environment(
        loader=PackageLoader("rewardsmith.agents.compare", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters["short"] = short
    table = rows(arms, float(plan["threshold"]))
    return env.get_template("report.html.j2").render(
        plan=plan,
        arms=[_card(i, arm) for i, arm in enumerate(arms)],
        table=table,
        finding=finding(plan, arms, table),
        success=_curves(arms, "success", "success", share=True),
        returns=_curves(arms, "return", "return of the environment's own reward", share=False),
        unfinished=sum(len(a.runs) - len(a.finished) for a in arms),
        total=sum(len(a.runs) for a in arms),
        versions=_versions(),
        css=Markup(_text("report.css")),  # ours, not a user's
        js=Markup(_text("report.js")),
    )


def _card(index: int, arm: Arm) -> dict[str, Any]:
    guarantee = Guarantee(arm.about["guarantee"])
    x, layers = _term_layers(arm)
    film = None if arm.film is None else asdict(arm.film)
    return {
        **arm.about,
        "color": index % 8,
        "meaning": MEANING[guarantee],
        "terms": stacked_chart(x, layers, f"What each term of {arm.label} pays over training"),
        "layers": list(layers),
        "film": film,
        # "</" would end the script element early.
        "film_json": Markup(json.dumps(film).replace("</", "<\\/")),
    }


def _term_layers(arm: Arm) -> tuple[Floats, dict[str, Floats]]:
    """Mean over seeds of what each term pays per episode, on the first run's steps."""
    tables = [r.terms for r in arm.runs if len(r.terms.get("env_steps", ()))]
    if not tables:
        return np.zeros(0), {}
    x = tables[0]["env_steps"]
    names = [n for n in tables[0] if n not in ("env_steps", "env_return", "success")]
    return x, {
        n: np.mean([np.interp(x, t["env_steps"], t[n]) for t in tables], axis=0) for n in names
    }


def _curves(arms: list[Arm], column: str, unit: str, *, share: bool) -> Markup | None:
    bands = []
    for color, arm in enumerate(arms):
        x, values = arm.curves(column)
        if len(x) and len(values):
            bands.append(Band(arm.label, color % 8, x, *iqm_curve(values), values))
    if not bands and column == "success":
        return None
    return line_chart(bands, f"{unit} over env steps", unit, share=share)


def _versions() -> str:
    packages = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    return f"Python {platform.python_version()}, {packages}"


def _text(name: str) -> str:
    file = resources.files("rewardsmith.agents.compare") / name
    return file.read_text(encoding="utf-8")
