"""Smooth lines that tell no lie: monotone cubic interpolation never overshoots what was reported."""

from collections.abc import Sequence
from itertools import pairwise

Place = tuple[float, float]


def slopes(points: Sequence[Place]) -> list[float]:
    """The tangent at each point after Fritsch and Carlson (1980)."""
    rises = [(y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(points)]
    between = [0.0 if a * b <= 0 else (a + b) / 2 for a, b in pairwise(rises)]
    tangents = [rises[0], *between, rises[-1]]
    for i, rise in enumerate(rises):
        if rise == 0:
            tangents[i] = tangents[i + 1] = 0.0
            continue
        before, after = tangents[i] / rise, tangents[i + 1] / rise
        size = before**2 + after**2
        # Within a circle of radius three the cubic cannot overshoot: the sufficient condition of the paper.
        if size > 9:
            shorter = 3 / size**0.5
            tangents[i], tangents[i + 1] = shorter * before * rise, shorter * after * rise
    return tangents


def pieces(points: Sequence[Place]) -> list[str]:
    """One cubic for each pair of neighbors, without its starting point."""
    if len(points) < 2:
        return []
    tangents = slopes(points)
    drawn = []
    for i, ((x0, y0), (x1, y1)) in enumerate(pairwise(points)):
        third = (x1 - x0) / 3
        drawn.append(
            f"C{x0 + third:.2f} {y0 + tangents[i] * third:.2f}"
            f" {x1 - third:.2f} {y1 - tangents[i + 1] * third:.2f} {x1:.2f} {y1:.2f}"
        )
    return drawn


def monotone(points: Sequence[Place]) -> str:
    """The path through all points; empty for fewer than two."""
    if len(points) < 2:
        return ""
    return start(points[0]) + "".join(pieces(points))


def start(point: Place) -> str:
    return f"M{point[0]:.2f} {point[1]:.2f}"


def band(upper: Sequence[Place], lower: Sequence[Place]) -> str:
    """The closed area between two lines."""
    if len(upper) < 2:
        return ""
    return monotone(upper) + "L" + monotone(list(reversed(lower)))[1:] + "Z"


def runs(items: Sequence, is_known) -> list[list]:
    """Neighbors that are known, in one list each: [1, None, 2, 3] becomes [[1], [2, 3]]."""
    found: list[list] = [[]]
    for item in items:
        if is_known(item):
            found[-1].append(item)
        elif found[-1]:
            found.append([])
    return [run for run in found if run]
