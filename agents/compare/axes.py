"""The frame of a chart: where a number lies in the picture, ticks, and the closing SVG tag."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup, escape

from rewardsmith.agents.compare.stats import Floats

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 24, 10, 48


@dataclass
class Scale:
    """From numbers to pixels of the viewBox."""

    x0: float
    x1: float
    y0: float = 0.0
    y1: float = 1.0

    def x(self, value: float) -> float:
        """Horizontal position."""
        return LEFT + (value - self.x0) / (self.x1 - self.x0) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Vertical position."""
        return HEIGHT - BOTTOM - (value - self.y0) / (self.y1 - self.y0) * (HEIGHT - TOP - BOTTOM)

    def points(self, xs: Floats, ys: Floats) -> str:
        """A polyline's points."""
        return " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in zip(xs, ys, strict=True))


def make_scale(xs: Floats, ys: Floats) -> Scale:
    """A scale that holds all of `xs` and `ys`, with some air above and below."""
    x0, x1 = float(xs.min()), float(xs.max())
    y0, y1 = float(ys.min()), float(ys.max())
    pad = 0.05 * (y1 - y0) or 0.5
    return Scale(x0, x1 if x1 > x0 else x0 + 1.0, y0 - pad, y1 + pad)


def axes(scale: Scale, *, share: bool = False) -> str:
    """Grid lines and ticks of a chart over env steps."""
    drawn = []
    for value in ticks(scale.y0, scale.y1):
        y = scale.y(value)
        text = f"{value:.0%}" if share else _tick(value)
        drawn.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'
        )
    return "".join(drawn) + step_axis(scale, HEIGHT)


def step_axis(scale: Scale, height: float, most: float = np.inf) -> str:
    """Ticks and name of the axis of env steps, at the bottom of a picture of that height."""
    marks = [
        f'<text x="{scale.x(value):.1f}" y="{height - BOTTOM + 20:.0f}" text-anchor="middle">'
        f"{short(value)}</text>"
        for value in ticks(scale.x0, scale.x1)
        if value <= most
    ]
    middle = (LEFT + WIDTH - RIGHT) / 2
    marks.append(
        f'<text class="name" x="{middle:.0f}" y="{height - 4:.0f}" text-anchor="middle">'
        "env steps</text>"
    )
    return "".join(marks)


def frame(title: str, body: Sequence[str], hover: dict[str, Any] | None = None) -> Markup:
    """The whole picture; `title` is its text alternative, `hover` what report.js tells."""
    data = f' data-chart="{escape(json.dumps(hover))}"' if hover else ""
    return Markup(
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}"{data}>'
        f'{"".join(body)}<line class="cursor" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/></svg>'
    )


def ticks(low: float, high: float) -> list[float]:
    """About five round numbers within [low, high]."""
    raw = (high - low) / 5
    power = 10.0 ** np.floor(np.log10(raw))
    step = next(m * power for m in (1.0, 2.0, 2.5, 5.0, 10.0) if m * power >= raw)
    first = np.ceil(low / step)
    count = int(np.floor(high / step) - first) + 1
    return [float(np.round((first + i) * step, 10)) for i in range(count)]


def _tick(value: float) -> str:
    """All digits of a round number, since neighbours may differ in the last; k and M if long."""
    if abs(value) >= 1e6:
        return f"{value / 1e6:g}M"
    return f"{value / 1e3:g}k" if abs(value) >= 1e4 else f"{value:g}"


def figure(value: float) -> str:
    """A return in about three digits, without the exponent that `:.3g` would write.

    >>> figure(0.9421), figure(-1234.5), figure(-52300.0)
    ('0.942', '-1234', '-52.3k')
    """
    if abs(value) >= 1e4:
        return ("-" if value < 0 else "") + short(abs(value))
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def short(steps: float) -> str:
    """A number of steps as people say it.

    >>> short(60000.0), short(81920.0), short(1500000.0), short(512.0)
    ('60k', '81.9k', '1.5M', '512')
    """
    if steps >= 999_500:
        return f"{steps / 1e6:.3g}M"
    return f"{steps / 1e3:.3g}k" if steps >= 1000 else f"{steps:.0f}"
