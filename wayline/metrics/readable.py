"""Answers as a page draws them: durations in a unit that an axis can carry, no change where none can be."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wayline.statistics.estimates import Change, Estimate

from .metric import Metric
from .questions import Answer, Row

SIZES = ((2 * 86_400, 86_400, "d", "days"), (2 * 3_600, 3_600, "h", "hours"), (120, 60, "min", "minutes"))


@dataclass(frozen=True)
class Shown:
    """The rows as they are drawn."""

    rows: Sequence[Row]
    goal: float | None
    unit: str
    digits: int
    word: str = ""  # the unit in full, for the name of the chart


def of(metric: Metric, rows: Sequence[Row], goal: float | None) -> Shown:
    """The rows, durations in the unit that suits the longest of them."""
    if metric.unit != "seconds":
        return Shown(rows, goal, metric.unit, metric.digits)
    longest = max((row.estimate.value or 0 for row in rows), default=0)
    for least, size, unit, word in SIZES:
        if longest >= least:
            scaled = [Row(row.key, _scaled(row.estimate, size), _change(row.change, size)) for row in rows]
            return Shown(scaled, None if goal is None else goal / size, unit, 1, word)
    return Shown(rows, goal, "sec", 0, "seconds")


def alone(answer: Answer) -> Answer:
    """The answer without changes: before all signals there is nothing to compare them with."""
    return replace(
        answer,
        total=replace(answer.total, change=None),
        rows=tuple(replace(row, change=None) for row in answer.rows),
    )


def _scaled(e: Estimate, size: float) -> Estimate:
    return replace(e, value=_part(e.value, size), low=_part(e.low, size), high=_part(e.high, size))


def _change(c: Change | None, size: float) -> Change | None:
    if c is None:
        return None
    return replace(
        c,
        before=_scaled(c.before, size),
        difference=_part(c.difference, size),
        low=_part(c.low, size),
        high=_part(c.high, size),
    )


def _part(value: float | None, size: float) -> float | None:
    return None if value is None else value / size
