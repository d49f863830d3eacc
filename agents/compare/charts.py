"""Charts as SVG text, drawn in the page's own colours, readable without a script."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from markupsafe import Markup, escape

from rewardsmith.agents.compare.stats import Floats

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 14, 40


@dataclass
class Band:
    """One reward's curve: middle with its interval, and every seed as a thin line."""

    label: str
    color: int
    x: Floats
    middle: Floats
    low: Floats
    high: Floats
    seeds: Floats = field(default_factory=lambda: np.zeros((0, 0)))


@dataclass
class _Scale:
    x0: float
    x1: float
    y0: float
    y1: float

    def x(self, value: float) -> float:
        return LEFT + (value - self.x0) / (self.x1 - self.x0) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - (value - self.y0) / (self.y1 - self.y0) * (HEIGHT - TOP - BOTTOM)

    def points(self, xs: Floats, ys: Floats) -> str:
        return " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in zip(xs, ys, strict=True))


def line_chart(bands: Sequence[Band], title: str, unit: str, *, share: bool = False) -> Markup:
    """Curves over env steps; `share` fixes the vertical axis to 0..100%."""
    bands = [b for b in bands if len(b.x)]
    if not bands:
        return Markup('<p class="none">No evaluations yet.</p>')
    parts = np.concatenate([np.concatenate([b.low, b.high, b.seeds.ravel()]) for b in bands])
    scale = _scale(np.concatenate([b.x for b in bands]), np.array([0.0, 1.0]) if share else parts)
    body = [_axes(scale, unit, share), *(_band(band, scale) for band in bands)]
    hover = {
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "x": [scale.x0, scale.x1],
        "share": share,
        "series": [
            {
                "label": b.label,
                "color": b.color,
                "x": b.x.tolist(),
                "y": np.round(b.middle, 4).tolist(),
                "low": np.round(b.low, 4).tolist(),
                "high": np.round(b.high, 4).tolist(),
            }
            for b in bands
        ],
    }
    return _svg(title, body, hover)


def stacked_chart(x: Floats, layers: dict[str, Floats], title: str) -> Markup:
    """What each term pays per episode: gains stack upwards from 0, costs downwards."""
    if len(x) == 0:
        return Markup('<p class="none">No finished episodes yet.</p>')
    above, below = np.zeros(len(x)), np.zeros(len(x))
    areas: list[tuple[int, Floats, Floats]] = []
    for color, values in enumerate(layers.values()):
        for pile, part in ((above, np.maximum(values, 0)), (below, np.minimum(values, 0))):
            areas.append((color, pile.copy(), pile + part))
            pile += part  # noqa: PLW2901  # the pile grows in place
    scale = _scale(x, np.concatenate([above, below, [0.0]]))
    body = [_axes(scale, "per episode", False)]
    for color, start, end in areas:
        if np.allclose(start, end):
            continue
        outline = scale.points(x, end) + " " + scale.points(x[::-1], start[::-1])
        body.append(f'<polygon class="area s{color % 8}" points="{outline}"/>')
    zero = scale.y(0.0)
    body.append(
        f'<line class="zero" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{zero:.1f}" y2="{zero:.1f}"/>'
    )
    hover = {
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "x": [scale.x0, scale.x1],
        "share": False,
        "series": [
            {"label": k, "color": i % 8, "x": x.tolist(), "y": np.round(v, 4).tolist()}
            for i, (k, v) in enumerate(layers.items())
        ],
    }
    return _svg(title, body, hover)


def _svg(title: str, body: Sequence[str], hover: dict[str, Any]) -> Markup:
    return Markup(
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}" data-chart="{escape(json.dumps(hover))}">'
        f'{"".join(body)}<line class="cursor" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/></svg>'
    )


def _band(band: Band, scale: _Scale) -> str:
    around = scale.points(band.x, band.high) + " " + scale.points(band.x[::-1], band.low[::-1])
    thin = "".join(
        f'<polyline class="seed s{band.color % 8}" points="{scale.points(band.x, row)}"/>'
        for row in band.seeds
    )
    line = scale.points(band.x, band.middle)
    return (
        f'<polygon class="band s{band.color % 8}" points="{around}"/>{thin}'
        f'<polyline class="line s{band.color % 8}" points="{line}"/>'
    )


def _axes(scale: _Scale, unit: str, share: bool) -> str:
    drawn = []
    for value in _ticks(scale.y0, scale.y1):
        y = scale.y(value)
        text = f"{value:.0%}" if share else f"{value:g}"
        drawn.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        drawn.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
    for value in _ticks(scale.x0, scale.x1):
        x = scale.x(value)
        drawn.append(
            f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">'
            f"{short(value)}</text>"
        )
    middle = (LEFT + WIDTH - RIGHT) / 2
    drawn.append(
        f'<text class="name" x="{middle:.0f}" y="{HEIGHT - 4}" text-anchor="middle">'
        "env steps</text>"
        f'<text class="name" x="{LEFT + 4}" y="{TOP + 2}">{escape(unit)}</text>'
    )
    return "".join(drawn)


def _scale(xs: Floats, ys: Floats) -> _Scale:
    x0, x1 = float(xs.min()), float(xs.max())
    y0, y1 = float(ys.min()), float(ys.max())
    pad = 0.05 * (y1 - y0) or 0.5
    return _Scale(x0, x1 if x1 > x0 else x0 + 1.0, y0 - pad, y1 + pad)


def _ticks(low: float, high: float) -> list[float]:
    """About five round numbers within [low, high]."""
    raw = (high - low) / 5
    power = 10.0 ** np.floor(np.log10(raw))
    step = next(m * power for m in (1.0, 2.0, 2.5, 5.0, 10.0) if m * power >= raw)
    first = np.ceil(low / step)
    count = int(np.floor(high / step) - first) + 1
    return [float(np.round((first + i) * step, 10)) for i in range(count)]


def short(steps: float) -> str:
    """A number of steps as people say it.

    >>> short(60000.0), short(1500000.0), short(512.0)
    ('60k', '1.5M', '512')
    """
    if steps >= 1e6:
        return f"{steps / 1e6:.3g}M"
    return f"{steps / 1e3:.4g}k" if steps >= 1000 else f"{steps:.0f}"
