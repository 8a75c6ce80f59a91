from collections.abc import Sequence
from dataclasses import dataclass

from . import lines
from .scales import Scale, round_steps
from .values import Estimated

WIDTH, MOST_LABELS = 1000, 7


@dataclass(frozen=True)
class TrendPoint:
    """One period: the label on the axis, and its estimate or None when nothing was measured."""

    label: str
    estimate: Estimated | None
    title: str = ""  # the whole period, for the table: “2 to 8 November”
    own_n: int | None = None  # where stretches overlap: how many came in this one alone


@dataclass(frozen=True)
class Event:
    """Something that happened, at the position of a point."""

    position: int
    words: str


def trend(
    points: Sequence[TrendPoint],
    *,
    low: float | None = None,
    high: float | None = None,
    target: float | None = None,
    events: Sequence[Event] = (),
    unit: str = "",
    digits: int = 0,
    label: str = "",
) -> dict:
    """A line with its interval, the target, what happened, the last value, and the table behind it.

    Shares (unit "%") are given as 0 to 1. low and high bound the axis; without them it fits the intervals.
    """
    factor = 100 if unit == "%" else 1
    rows = [_row(i, point, len(points), factor) for i, point in enumerate(points)]
    known = [row for row in rows if row["value"] is not None]
    goal = None if target is None else target * factor
    ticks = _ticks(known, goal, low, high)
    scale = Scale(ticks[0], ticks[-1])
    for row in known:
        row["top"] = scale.from_top(row["value"])
    parts = lines.runs(rows, lambda row: row["value"] is not None)
    return {
        "label": label,
        "unit": unit,
        "digits": digits,
        "line": "".join(lines.monotone([(row["x"], row["top"]) for row in run]) for run in parts),
        "bands": _bands(rows, scale),
        "dots": [row for row in known if row["is_thin"] or any(run == [row] for run in parts)],
        "ticks": [{"value": tick, "digits": _digits(ticks), "top": scale.from_top(tick)} for tick in ticks],
        "labels": _labels(rows),
        "target": None if goal is None else {"value": goal, "top": scale.from_top(goal)},
        "events": _events(events, rows),
        "last": known[-1] if known else None,
        "rows": rows,
        "is_empty": not known,
        "is_rolling": any(point.own_n is not None for point in points),
    }


def _row(index: int, point: TrendPoint, count: int, factor: int) -> dict:
    e = point.estimate
    x = WIDTH * (index / (count - 1) if count > 1 else 0.5)
    value, low, high = (None, None, None) if e is None else (e.value, e.low, e.high)
    if value is None or low is None or high is None:
        low = high = None
    return {
        "label": point.label,
        "title": point.title or point.label,
        "estimate": e,
        "value": None if value is None else value * factor,
        "low": None if low is None else low * factor,
        "high": None if high is None else high * factor,
        "n": e.n if e is not None else 0,
        "own_n": point.own_n or 0,
        "is_thin": bool(e is not None and value is not None and e.is_thin),
        "x": round(x, 2),
        "left": round(x / WIDTH * 100, 2),
    }


def _ticks(known: list[dict], goal: float | None, low: float | None, high: float | None) -> list[float]:
    reached = [row[key] for row in known for key in ("low", "value", "high") if row[key] is not None]
    reached += [goal] if goal is not None else []
    if low is None:
        low = min(reached, default=0.0)
    if high is None:
        high = max(reached, default=1.0)
    return round_steps(low, high)


def _digits(ticks: list[float]) -> int:
    return next((digits for digits in (0, 1, 2) if all(round(t, digits) == t for t in ticks)), 3)


def _bands(rows: list[dict], scale: Scale) -> list[str]:
    drawn = []
    for run in lines.runs(rows, lambda row: row["low"] is not None):
        upper = [(row["x"], scale.from_top(row["high"])) for row in run]
        lower = [(row["x"], scale.from_top(row["low"])) for row in run]
        drawn.append(lines.band(upper, lower))
    return [area for area in drawn if area]


def _labels(rows: list[dict]) -> list[dict]:
    """At most seven words along the axis, the last one among them."""
    step = max(1, -(-len(rows) // MOST_LABELS))
    return [{"words": row["label"], "left": row["left"]} for row in reversed(rows[::-1][::step])]


def _events(events: Sequence[Event], rows: list[dict]) -> list[dict]:
    drawn = []
    for level, event in enumerate(sorted(events, key=lambda event: event.position)):
        if 0 <= event.position < len(rows):
            row = rows[event.position]
            drawn.append(
                {
                    "words": event.words,
                    "title": row["title"],
                    "left": row["left"],
                    "top": row.get("top"),
                    "level": level % 2,
                    "is_flipped": row["left"] > 70,
                }
            )
    return drawn
