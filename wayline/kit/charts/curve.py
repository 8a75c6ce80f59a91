from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from . import lines

WIDTH, MIDDLE, REACH = 1000, 50, 21.5  # the drawing is 1000 by 100; one point of feeling is 21.5 high
MARKS = (("Delighted", 2), ("Neutral", 0), ("Furious", -2))
WORDS = ("Furious", "Frustrated", "Neutral", "Pleased", "Delighted")


@dataclass(frozen=True)
class CurvePoint:
    """One point on the scale from −2 to +2. value None: nobody said and nobody assumed.

    `column` is the place of its column among all columns, when the curve stands below a table's head.
    """

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    column: int | None = None
    is_assumed: bool = False
    is_thin: bool = False
    is_moment: bool = False
    address: str = ""


def feeling_word(value: float) -> str:
    return WORDS[min(max(round(value), -2), 2) + 2]


def curve(points: Sequence[CurvePoint], columns: int | None = None) -> dict:
    """A line through what customers felt, hollow where it is assumed, dashed where somebody left a gap."""
    places = _across(points, columns)
    marks = [_mark(i, point, x) for i, (point, x) in enumerate(zip(points, places, strict=True), start=1)]
    known = [mark for mark in marks if mark["value"] is not None]
    solid, dashed = _line(known)
    return {
        "line": solid,
        "bridge": dashed,
        "bands": _bands(marks),
        "points": known,
        "rows": marks,
        "marks": [{"word": name, "top": feeling_top(value)} for name, value in MARKS],
        "columns": [round(WIDTH * i / columns, 2) for i in range(1, columns)] if columns else [],
        "is_empty": not known,
    }


def _across(points: Sequence[CurvePoint], columns: int | None) -> list[float]:
    """Even steps; within a column when columns are given."""
    if not columns:
        return [WIDTH * (i + 0.5) / len(points) for i in range(len(points))]
    sizes = [sum(point.column == column for point in points) for column in range(columns)]
    seen = [0] * columns
    places = []
    for point in points:
        column = point.column or 0
        places.append(WIDTH * (column + (seen[column] + 0.5) / sizes[column]) / columns)
        seen[column] += 1
    return places


def feeling_top(value: float) -> float:
    return round(MIDDLE - max(-2.0, min(2.0, value)) * REACH, 2)


def _mark(number: int, point: CurvePoint, x: float) -> dict:
    value = point.value
    tone = "" if value is None else "pos" if value >= 0.5 else "neg" if value <= -0.5 else ""
    return {
        "number": number,
        "label": point.label,
        "value": value,
        "low": point.low,
        "high": point.high,
        "n": point.n,
        "word": "" if value is None else feeling_word(value),
        "tone": tone,
        "is_assumed": point.is_assumed,
        "is_hollow": point.is_assumed or point.is_thin,
        "is_thin": point.is_thin,
        "is_moment": point.is_moment,
        "is_below": value is not None and value > 0,
        "address": point.address,
        "x": round(x, 2),
        "left": round(x / WIDTH * 100, 2),
        "top": None if value is None else feeling_top(value),
    }


def _line(known: list[dict]) -> tuple[str, str]:
    places = [(mark["x"], mark["top"]) for mark in known]
    solid = dashed = ""
    last_solid = None
    for piece, (left, right) in zip(lines.pieces(places), pairwise(known), strict=True):
        beginning = lines.start((left["x"], left["top"]))
        if right["number"] == left["number"] + 1:
            solid += piece if last_solid == left["number"] else beginning + piece
            last_solid = right["number"]
        else:
            dashed += beginning + piece
    return solid, dashed


def _bands(marks: list[dict]) -> list[str]:
    """The interval's area, only where there is evidence; an assumption has none to show."""

    def has_interval(mark):
        return mark["value"] is not None and not mark["is_assumed"] and mark["low"] is not None

    drawn = []
    for run in lines.runs(marks, has_interval):
        upper = [(mark["x"], feeling_top(mark["high"])) for mark in run]
        lower = [(mark["x"], feeling_top(mark["low"])) for mark in run]
        if len(run) == 1:
            x, (top, bottom) = run[0]["x"], (upper[0][1], lower[0][1])
            drawn.append(f"M{x - 6:.2f} {top:.2f}H{x + 6:.2f}V{bottom:.2f}H{x - 6:.2f}Z")
        else:
            drawn.append(lines.band(upper, lower))
    return drawn
