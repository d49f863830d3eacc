"""Maps of an audit: the fitted potential, and where the optimal policy differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from markupsafe import Markup

from rewardsmith.rewards.audit.exact import Exact
from rewardsmith.rewards.audit.tabularise import Tabled
from rewardsmith.transition import Bools, Floats, Ints

#: names of position features that are looked for, first come first
_PAIRS = (("agent_x", "agent_y"), ("x", "y"), ("col", "row"), ("column", "row"))
#: side of a cell; most columns or rows of a map; most panels; most bars of a strip
CELL, LARGEST, PANELS, BARS = 44, 64, 4, 240


@dataclass(frozen=True)
class Maps:
    """What the page shows.

    Args:
        note: how the states were laid out, as sentences.
        panels: (caption, map of the potential, map of what differs), as SVG.
        grid: whether they are grids (else strips).
        low, high: range of the potential's colours.
        differing: number of states that differ.
        arrows: whether the second maps hold arrows.
    """

    note: str
    panels: list[tuple[str, Markup, Markup]]
    grid: bool
    low: float
    high: float
    differing: int
    arrows: bool


def maps(exact: Exact, tabled: Tabled, subject: Any = None) -> Maps:
    """Grids where states have a 2-D position, else strips over states by true value."""
    found = positions(exact, tabled, subject)
    if found is None:
        return _strips(exact)
    names, x, y = found
    stage = _stage(exact, x, y, {k: v for k, v in exact.table.features.items() if k not in names})
    low, high = _range(exact.fit.potential[~exact.table.terminal])
    single = _single(x, y, stage)
    panels, arrows = [], False
    for caption, rows in _panels(stage):
        cells = _cells(exact, x, y, rows, single=single)
        arrows = arrows or any(c.ours or c.theirs for c in cells.values())
        panels.append((caption, _heat(cells, x, y, (low, high)), _differs(cells, x, y)))
    note = f"Position is ({names[0]}, {names[1]}); "
    note += "one state to a cell." if single else (
        "a cell holds several states that differ in the other features: the potential is their "
        "mean, and a cell differs where any of them does (stronger colour: more of them)."
    )  # fmt: skip
    return Maps(note, panels, True, low, high, int(exact.differs.sum()), arrows)


def positions(
    exact: Exact, tabled: Tabled, subject: Any = None
) -> tuple[tuple[str, str], Ints, Ints] | None:
    """Names of the position features and each state's x and y, shape (S,); None without."""
    features = exact.table.features
    for pair in _PAIRS:
        both = [features.get(name) for name in pair]
        if all(v is not None and v.ndim == 1 and _whole(v) for v in both):
            x, y = (np.asarray(v, dtype=np.int64) for v in both)
            if max(np.ptp(x), np.ptp(y)) < LARGEST and min(np.ptp(x), np.ptp(y)) > 0:
                return pair, x - x.min(), y - y.min()
    return _toy_text(tabled, subject)


def _whole(values: Any) -> bool:
    return bool(np.isfinite(values).all() and np.equal(np.mod(values, 1), 0).all())


def _toy_text(tabled: Tabled, subject: Any) -> tuple[tuple[str, str], Ints, Ints] | None:
    """Gymnasium's toy-text grids number their cells row by row."""
    if subject is None:
        return None
    env = subject.build()
    bare = env.unwrapped
    shape = getattr(bare, "shape", (getattr(bare, "nrow", 0), getattr(bare, "ncol", 0)))
    count = getattr(env.observation_space, "n", 0)
    env.close()
    if not isinstance(shape, tuple) or len(shape) != 2 or not count or shape[0] * shape[1] != count:
        return None
    number = np.array([int(state.obs) for state in tabled.graph.states])
    return ("column", "row"), number % shape[1], number // shape[1]


def _range(values: Floats) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    zero = 1e-9 * max(abs(low), abs(high))  # less is rounding, and would be read as a figure
    return (0.0 if abs(low) < zero else low), (0.0 if abs(high) < zero else high)


def _stage(exact: Exact, x: Ints, y: Ints, others: Mapping[str, Any]) -> tuple[str, Floats] | None:
    """The feature of few values that explains most of what differs inside the cells."""
    _, cell = np.unique(np.stack([x, y]), axis=1, return_inverse=True)
    running = ~exact.table.terminal
    phi, ravelled = exact.fit.potential, cell.ravel()
    whole = _within(phi[running], ravelled[running])
    best, found = 0.7 * whole, None
    for name, values in others.items():
        if values.ndim != 1 or not 2 <= len(np.unique(values[running])) <= PANELS:
            continue
        joint = ravelled * PANELS + np.unique(values, return_inverse=True)[1]
        if (rest := _within(phi[running], joint[running])) < best:
            best, found = rest, (name, values)
    return found


def _within(values: Floats, groups: Ints) -> float:
    """Sum of squares about the means of the groups."""
    count = np.maximum(np.bincount(groups), 1)
    mean = np.bincount(groups, values) / count
    return float(((values - mean[groups]) ** 2).sum())


def _panels(stage: tuple[str, Floats] | None) -> Iterator[tuple[str, Bools | slice]]:
    if stage is None:
        yield "", slice(None)
        return
    name, values = stage
    for value in np.unique(values):
        yield f"{name} = {value:g}", values == value


def _single(x: Ints, y: Ints, stage: tuple[str, Floats] | None) -> bool:
    third = np.zeros(len(x)) if stage is None else stage[1]
    return bool(np.unique(np.stack([x, y, third]), axis=1).shape[1] == len(x))


@dataclass
class _Cell:
    potential: float
    states: int
    end: bool
    differ: int
    ours: set[tuple[int, int]]
    theirs: set[tuple[int, int]]


def _cells(
    exact: Exact, x: Ints, y: Ints, rows: Any, *, single: bool
) -> dict[tuple[int, int], _Cell]:
    chosen = np.arange(exact.table.states)[rows]
    ended, differs = exact.table.terminal, exact.differs
    here: dict[tuple[int, int], list[int]] = {}
    for s in chosen:
        here.setdefault((int(x[s]), int(y[s])), []).append(int(s))
    cells = {}
    for at, members in here.items():
        running = [s for s in members if not ended[s]] or members
        end = bool(ended[members].all())
        potential = float(exact.fit.potential[running].mean())
        cell = _Cell(potential, len(members), end, 0, set(), set())
        for s in members:
            cell.differ += int(differs[s])
            if differs[s]:
                cell.ours |= _led(exact, x, y, s, exact.best[s])
                cell.theirs |= _led(exact, x, y, s, exact.proxy_best[s])
        if not single and max(len(cell.ours), len(cell.theirs)) > 1:
            cell.ours, cell.theirs = set(), set()  # several states at odds would be a tangle
        cells[at] = cell
    return cells


def _led(exact: Exact, x: Ints, y: Ints, s: int, best: Bools) -> set[tuple[int, int]]:
    """Directions that the likeliest outcomes of the best actions move to; (0, 0) for none."""
    table = exact.table
    found = set()
    for a in np.flatnonzero(best):
        edges = np.flatnonzero((table.s == s) & (table.a == a))
        after = int(table.after[edges[np.argmax(table.p[edges])]])
        found.add((int(np.sign(x[after] - x[s])), int(np.sign(y[after] - y[s]))))
    return found


def _heat(cells: Mapping[Any, _Cell], x: Ints, y: Ints, bounds: tuple[float, float]) -> Markup:
    room = max(bounds[1] - bounds[0], 1e-300)
    parts = []
    for (i, j), cell in cells.items():
        if cell.end:
            parts.append(_end(i, j))
            continue
        shade = 0.06 + 0.86 * (cell.potential - bounds[0]) / room
        tip = f"({i}, {j}): potential {cell.potential:.4g}, {_states(cell.states)}"
        parts.append(_square(i, j, "heat", shade, tip))
        digits = 2 if room < 100 else 0
        text = f"{round(cell.potential, digits) + 0.0:.{digits}f}"
        parts.append(
            f'<text class="{"on" if shade > 0.55 else "off"}" x="{(i + 0.5) * CELL:g}" '
            f'y="{(j + 0.5) * CELL + 4:g}">{text}</text>'
        )
    return _svg(parts, x, y, "Fitted potential of every cell")


def _differs(cells: Mapping[Any, _Cell], x: Ints, y: Ints) -> Markup:
    parts = []
    for (i, j), cell in cells.items():
        tip = f"({i}, {j}): {cell.differ} of {_states(cell.states)} differ"
        share = cell.differ / cell.states
        parts.append(_square(i, j, "wrong" if cell.differ else "same", 0.12 + 0.45 * share, tip))
        parts += [_arrow(i, j, d, "ours", -1) for d in sorted(cell.ours)]
        parts += [_arrow(i, j, d, "theirs", 1) for d in sorted(cell.theirs)]
    return _svg(parts, x, y, "Cells where the optimal policy differs")


def _states(count: int) -> str:
    return "1 state" if count == 1 else f"{count} states"


def _square(i: int, j: int, kind: str, opacity: float, tip: str) -> str:
    side = CELL - 2
    return (
        f'<rect class="{kind}" x="{i * CELL + 1}" y="{j * CELL + 1}" width="{side}" '
        f'height="{side}" rx="4" fill-opacity="{opacity:.3f}"><title>{escape(tip)}</title></rect>'
    )


def _end(i: int, j: int) -> str:
    x, y, side = i * CELL + 2, j * CELL + 2, CELL - 4
    return (
        f'<rect class="end" x="{x}" y="{y}" width="{side}" height="{side}" rx="4">'
        f"<title>({i}, {j}): the episode ends, potential 0</title></rect>"
        f'<text class="off" x="{(i + 0.5) * CELL:g}" y="{(j + 0.5) * CELL + 4:g}">end</text>'
    )


def _arrow(i: int, j: int, way: tuple[int, int], kind: str, side: int) -> str:
    """From the middle of a cell along `way`; the two kinds lie beside each other."""
    (dx, dy), half = way, CELL / 2
    shift = 5.0 * side
    x, y = i * CELL + half + shift * abs(dy), j * CELL + half + shift * (1 - abs(dy))
    if way == (0, 0):
        return f'<circle class="{kind}" cx="{x + shift:g}" cy="{j * CELL + half:g}" r="4"/>'
    ex, ey = x + 15 * dx, y + 15 * dy
    px, py = -dy * 4.5, dx * 4.5
    head = f"{ex + 4 * dx:g},{ey + 4 * dy:g} {ex - 5 * dx + px:g},{ey - 5 * dy + py:g} "
    head += f"{ex - 5 * dx - px:g},{ey - 5 * dy - py:g}"
    return (
        f'<g class="{kind}"><line x1="{x - 8 * dx:g}" y1="{y - 8 * dy:g}" x2="{ex - 3 * dx:g}" '
        f'y2="{ey - 3 * dy:g}"/><polygon points="{head}"/></g>'
    )


def _svg(parts: list[str], x: Ints, y: Ints, label: str) -> Markup:
    width, height = (int(x.max()) + 1) * CELL, (int(y.max()) + 1) * CELL
    return Markup(
        f'<svg class="map" viewBox="0 0 {width} {height}" style="max-width:{width * 1.25:g}px" '
        f'role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )  # numbers, and labels that are escaped


def _strips(exact: Exact) -> Maps:
    """Bars from the state of least to that of most true value."""
    running = np.flatnonzero(~exact.table.terminal)
    order = running[np.argsort(exact.values[running], kind="stable")]
    low, high = _range(exact.fit.potential[running])
    groups = np.array_split(order, min(BARS, len(order)))
    room = max(high - low, 1e-300)
    heat = [0.06 + 0.86 * (exact.fit.potential[g].mean() - low) / room for g in groups]
    differ = [0.9 * float(exact.differs[g].mean()) for g in groups]
    note = (
        "States have no position in two dimensions: they stand side by side, from least to most "
        "true value (optimal return of the env's own reward)"
    )
    note += "." if len(groups) == len(order) else f", about {len(order) // len(groups)} to a bar."
    panel = (
        "",
        _strip(heat, "heat", "Fitted potential by true value"),
        _strip(differ, "wrong", "States whose optimal action differs, by true value"),
    )
    return Maps(note, [panel], False, low, high, int(exact.differs.sum()), False)


def _strip(shades: list[float], kind: str, label: str) -> Markup:
    bars = "".join(
        f'<rect class="{kind}" x="{i}" y="0" width="1" height="40" fill-opacity="{v:.3f}"/>'
        for i, v in enumerate(shades)
    )
    return Markup(
        f'<svg class="strip" viewBox="0 0 {len(shades)} 40" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(label)}"><rect class="same" width="{len(shades)}" height="40"/>'
        f"{bars}</svg>"
    )
