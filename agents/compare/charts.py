"""Charts as SVG text, drawn in the page's own colours, readable without a script."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from markupsafe import Markup, escape

from rewardsmith.agents.compare.axes import (
    BOTTOM,
    LEFT,
    RIGHT,
    WIDTH,
    Scale,
    axes,
    figure,
    frame,
    make_scale,
    step_axis,
)
from rewardsmith.agents.compare.stats import Estimate, Floats

ROW = 50


@dataclass
class Thread:
    """One seed's curve."""

    x: Floats
    y: Floats
    finished: bool = True


@dataclass
class Band:
    """One reward's curve: middle with its interval, and every seed as a thin line."""

    label: str
    color: int
    x: Floats
    middle: Floats
    low: Floats
    high: Floats
    seeds: list[Thread] = field(default_factory=list)


@dataclass
class Dots:
    """Env steps to the threshold: one number per seed (infinite: never), and their median."""

    label: str
    color: int
    steps: list[float]
    median: Estimate


def line_chart(
    bands: Sequence[Band], title: str, *, share: bool = False, mark: float | None = None
) -> Markup:
    """Curves over env steps; `share` fixes the vertical axis to 0..100%, `mark` draws a level."""
    bands = [b for b in bands if len(b.x)]
    if not bands:
        return Markup('<p class="none">No evaluations yet.</p>')
    xs = np.concatenate([b.x for b in bands] + [t.x for b in bands for t in b.seeds])
    ys = np.concatenate([part for b in bands for part in (b.low, b.high, *(t.y for t in b.seeds))])
    scale = make_scale(xs, np.array([0.0, 1.0]) if share else ys)
    level = "" if mark is None else _level(scale, mark)
    body = [axes(scale, share=share), level, *(_band(band, scale) for band in bands)]
    said = [f"{b.label} {_say(b.middle[-1], share)}" for b in bands]
    series = [
        {**_series(b.label, b.color, b.x, b.middle), "low": _short(b.low), "high": _short(b.high)}
        for b in bands
    ]
    return frame(f"{title}; at the end: {', '.join(said)}", body, _hover(scale, series, share))


def stacked_chart(
    x: Floats, layers: dict[str, Floats], title: str, colors: Sequence[int] | None = None
) -> Markup:
    """What each term pays per episode: gains stack upwards from 0, costs downwards."""
    if len(x) == 0:
        return Markup('<p class="none">No finished episodes yet.</p>')
    shades = colors or [i % 8 for i in range(len(layers))]
    areas, above, below = _piles(len(x), list(layers.values()), shades)
    scale = make_scale(x, np.concatenate([above, below, [0.0]]))
    body = [axes(scale), *(_area(scale, x, *area) for area in areas), _zero(scale)]
    said = [f"{name} {figure(values[-1])}" for name, values in layers.items()]
    series = [_series(k, c, x, v) for (k, v), c in zip(layers.items(), shades, strict=True)]
    return frame(f"{title}; at the end: {', '.join(said)}", body, _hover(scale, series, False))


def steps_chart(rows: Sequence[Dots], horizon: float, title: str) -> Markup:
    """A dot per seed, a tick at the median, a bar for its interval; the right end is "never"."""
    height = ROW * len(rows) + BOTTOM + 6
    never = 1.2 * horizon
    scale = Scale(0.0, 1.22 * horizon)
    body = [step_axis(scale, height, horizon), _gutter(scale.x(1.1 * horizon), height)]
    body += [_dots(scale, ROW * i, dots, never) for i, dots in enumerate(rows)]
    body.append(
        f'<text x="{scale.x(never):.1f}" y="{height - BOTTOM + 20}" text-anchor="middle">'
        "never</text>"
    )
    said = [f"{d.label} {_when(d.median.value)}" for d in rows]
    return Markup(
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}; median: {escape(", ".join(said))}">{"".join(body)}</svg>'
    )


def _gutter(x: float, height: int) -> str:
    return f'<line class="edge" x1="{x:.1f}" x2="{x:.1f}" y1="6" y2="{height - BOTTOM}"/>'


def _dots(scale: Scale, top: float, dots: Dots, never: float) -> str:
    def at(steps: float) -> float:
        return scale.x(steps if math.isfinite(steps) else never)

    low, high, middle = at(dots.median.low), at(dots.median.high), at(dots.median.value)
    y = top + 34
    drawn = [
        f'<g class="s{dots.color}"><text class="row" x="{LEFT}" y="{top + 18}">'
        f"{escape(dots.label)}</text>"
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>'
        f'<rect class="span" x="{low - 3:.1f}" width="{high - low + 6:.1f}" y="{y - 6}" '
        f'height="12" rx="6"><title>{escape(_spoken(dots))}</title></rect>'
    ]
    for seed, (steps, lift) in enumerate(_spread(dots.steps), start=1):
        kind = "dot-seed" if math.isfinite(steps) else "dot-seed never"
        drawn.append(
            f'<circle class="{kind}" cx="{at(steps):.1f}" cy="{y + lift}" r="4.5">'
            f"<title>run {seed}: {_when(steps)}</title></circle>"
        )
    drawn.append(
        f'<line class="middle" x1="{middle:.1f}" x2="{middle:.1f}" y1="{y - 11}" '
        f'y2="{y + 11}"/></g>'
    )
    return "".join(drawn)


def _spread(steps: list[float]) -> list[tuple[float, float]]:
    """Each value with a lift that keeps equal ones apart."""
    lifts = (0, -5, 5, -9, 9)
    return [(s, lifts[steps[:i].count(s) % len(lifts)]) for i, s in enumerate(steps)]


def _spoken(dots: Dots) -> str:
    e = dots.median
    return f"median {_when(e.value)}, 95% interval {_when(e.low)} to {_when(e.high)}"


def _when(steps: float) -> str:
    return f"{steps:,.0f}" if math.isfinite(steps) else "never"


def _piles(
    count: int, layers: Sequence[Floats], colors: Sequence[int]
) -> tuple[list[tuple[int, Floats, Floats]], Floats, Floats]:
    above, below = np.zeros(count), np.zeros(count)
    areas: list[tuple[int, Floats, Floats]] = []
    for color, values in zip(colors, layers, strict=True):
        up, down = above + np.maximum(values, 0), below + np.minimum(values, 0)
        areas += [(color, above, up), (color, below, down)]
        above, below = up, down
    return areas, above, below


def _area(scale: Scale, x: Floats, color: int, start: Floats, end: Floats) -> str:
    if np.allclose(start, end):
        return ""
    outline = scale.points(x, end) + " " + scale.points(x[::-1], start[::-1])
    return f'<polygon class="area s{color}" points="{outline}"/>'


def _zero(scale: Scale) -> str:
    y = scale.y(0.0)
    return f'<line class="zero" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'


def _level(scale: Scale, value: float) -> str:
    y = scale.y(value)
    return f'<line class="level" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'


def _band(band: Band, scale: Scale) -> str:
    around = scale.points(band.x, band.high) + " " + scale.points(band.x[::-1], band.low[::-1])
    thin = "".join(
        f'<polyline class="seed{"" if t.finished else " open"}" points="{scale.points(t.x, t.y)}"/>'
        for t in band.seeds
        if len(t.x)
    )
    return (
        f'<g class="s{band.color}"><polygon class="band" points="{around}"/>{thin}'
        f'<polyline class="line" points="{scale.points(band.x, band.middle)}"/>'
        f'<circle class="end" cx="{scale.x(band.x[-1]):.1f}" '
        f'cy="{scale.y(band.middle[-1]):.1f}" r="3.5"/></g>'
    )


def _series(label: str, color: int, x: Floats, y: Floats) -> dict[str, Any]:
    return {"label": label, "color": color, "x": x.tolist(), "y": _short(y)}


def _hover(scale: Scale, series: list[dict[str, Any]], share: bool) -> dict[str, Any]:
    ends = [scale.x0, scale.x1]
    return {"left": LEFT, "right": WIDTH - RIGHT, "x": ends, "share": share, "series": series}


def _short(values: Floats) -> list[float]:
    return [float(f"{v:.4g}") for v in values]


def _say(value: float, share: bool) -> str:
    return f"{value:.0%}" if share else figure(value)
