"""report.html of a comparison: one file that opens offline."""

from __future__ import annotations

import platform
from importlib import metadata, resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from rewardsmith.agents.compare.audits import badge
from rewardsmith.agents.compare.axes import short
from rewardsmith.agents.compare.charts import (
    Band,
    Dots,
    Thread,
    line_chart,
    stacked_chart,
    steps_chart,
)
from rewardsmith.agents.compare.films import (
    PICTURES,
    color_of,
    film_data,
    script_json,
    term_layers,
)
from rewardsmith.agents.compare.results import Arm, Comparison, read_comparison
from rewardsmith.agents.compare.stats import iqm_curve, median_estimate
from rewardsmith.agents.compare.verdict import LOOKS, finding, reached, rows
from rewardsmith.rewards.audit.report import code
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
    env.filters["code"] = code
    threshold = float(plan["threshold"])
    table = rows(arms, threshold)
    return env.get_template("report.html.j2").render(
        plan=plan,
        arms=[_card(i, arm, PICTURES // len(arms)) for i, arm in enumerate(arms)],
        table=table,
        audited=any(arm.audit for arm in arms),
        finding=finding(arms, table),
        success=_curves(arms, "success", threshold),
        returns=_curves(arms, "return"),
        steps=_steps(arms, threshold),
        unfinished=_unfinished(arms),
        failures=[(f"{a.label} seed {r.seed}", r.failure) for a in arms for r in a.failed],
        total=sum(len(a.runs) for a in arms),
        versions=_versions(),
        css=Markup(_text("report.css")),  # ours, not a user's
        js=Markup(_text("report.js")),
    )


def _card(index: int, arm: Arm, budget: int) -> dict[str, Any]:
    x, layers = term_layers(arm)
    colors = color_of(list(layers))
    film = None if arm.film is None else film_data(arm.film, budget)
    doc = arm.about["doc"].strip().rstrip(".")
    return {
        **arm.about,
        "doc": doc[:1].upper() + doc[1:],
        "color": index % LOOKS,
        "audit": arm.audit,
        "badge": badge(arm.audit) if arm.audit else None,
        "warned": [(r.seed, r.warned[0]) for r in arm.runs if r.warned],
        "meaning": MEANING[Guarantee(arm.about["guarantee"])],
        "terms": stacked_chart(x, layers, f"What each term of {arm.label} pays", colors),
        "layers": list(zip(layers, colors, strict=True)),
        "film": film,
        "film_json": script_json(film),
    }


def _curves(arms: list[Arm], column: str, mark: float | None = None) -> Markup | None:
    bands = []
    for color, arm in enumerate(arms):
        x, values = arm.curves(column)
        if len(x) and len(values):
            threads = [Thread(*r.curve(column), r.finished) for r in arm.started]
            bands.append(Band(arm.label, color % LOOKS, x, *iqm_curve(values), threads))
    if not bands and column == "success":
        return None
    return line_chart(bands, f"{column} over env steps", share=column == "success", mark=mark)


def _steps(arms: list[Arm], threshold: float) -> Markup | None:
    known = [(i, a, s) for i, a in enumerate(arms) if (s := reached(a, threshold))]
    if not known:
        return None
    dots = [Dots(a.label, i % LOOKS, steps, median_estimate(steps)) for i, a, steps in known]
    horizon = max(run.final("env_steps") for _, a, _ in known for run in a.finished)
    return steps_chart(dots, max(horizon, 1.0), f"env steps to {threshold:.0%} success")


def _unfinished(arms: list[Arm]) -> list[str]:
    """The runs under way, e.g. `sparse seed 3 (at 8.19k env steps)`."""
    return [
        f"{arm.label} seed {run.seed} "
        + (
            f"(at {short(run.final('env_steps'))} env steps)"
            if run in arm.started
            else "(not begun)"
        )
        for arm in arms
        for run in arm.runs
        if run not in arm.finished and run not in arm.failed
    ]


def _versions() -> str:
    packages = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    return f"Python {platform.python_version()}, {packages}"


def _text(name: str) -> str:
    file = resources.files("rewardsmith.agents.compare") / name
    return file.read_text(encoding="utf-8")
