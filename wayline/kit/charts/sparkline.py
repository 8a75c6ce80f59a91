from collections.abc import Sequence

from . import lines
from .scales import Scale

WIDTH, HEIGHT, MARGIN = 100, 28, 3


def sparkline(values: Sequence[float | None], *, low: float | None = None, high: float | None = None) -> dict:
    """A small line without an axis. Gaps stay gaps; it shows a shape and never stands for a number."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return {"line": "", "is_empty": True}
    scale = Scale(min(known) if low is None else low, max(known) if high is None else high)
    step = WIDTH / (len(values) - 1)
    places = [
        None if value is None else (i * step, MARGIN + scale.from_top(value) / 100 * (HEIGHT - 2 * MARGIN))
        for i, value in enumerate(values)
    ]
    parts = lines.runs(places, lambda place: place is not None)
    return {"line": "".join(lines.monotone(run) for run in parts), "is_empty": False}
