"""The hypervolume that points dominate."""

from __future__ import annotations

from collections.abc import Sequence

Point = tuple[float, ...]


def hypervolume(points: Sequence[Point], reference: Point) -> float:
    """Volume of what lies above `reference` and at or below any of the points; all maximised.

    Slices along the first axis; exponential in the number of axes, so keep
    it at a handful.

    >>> hypervolume([(1.0, 3.0), (2.0, 1.0)], (0.0, 0.0))
    4.0
    """
    above = [p for p in points if all(x > r for x, r in zip(p, reference, strict=True))]
    if not above:
        return 0.0
    if len(reference) == 1:
        return max(p[0] for p in above) - reference[0]
    volume, floor = 0.0, reference[0]
    for edge in sorted({p[0] for p in above}):
        slab = [p[1:] for p in above if p[0] >= edge]
        volume += (edge - floor) * hypervolume(slab, reference[1:])
        floor = edge
    return volume


def pareto(points: Sequence[Point]) -> list[Point]:
    """The points that no other point is at least as good as in everything; doubles once."""
    distinct = list(dict.fromkeys(points))
    return [p for p in distinct if not any(q != p and _covers(q, p) for q in distinct)]


def _covers(q: Point, p: Point) -> bool:
    return all(a >= b for a, b in zip(q, p, strict=True))
