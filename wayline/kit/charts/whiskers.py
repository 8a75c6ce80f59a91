from collections.abc import Sequence
from dataclasses import dataclass

from .scales import Scale, round_steps
from .values import Estimated


@dataclass(frozen=True)
class WhiskerRow:
    label: str
    estimate: Estimated | None
    change: object | None = None
    address: str = ""


def whiskers(
    rows: Sequence[WhiskerRow],
    *,
    low: float | None = None,
    high: float | None = None,
    target: float | None = None,
    unit: str = "",
    digits: int = 0,
    direction: str = "up",
) -> dict:
    """Rows of dot and whisker on one shared axis. low and high are in the unit shown."""
    factor = 100 if unit == "%" else 1
    reached = [
        bound * factor
        for row in rows
        if row.estimate is not None
        for bound in (row.estimate.low, row.estimate.value, row.estimate.high)
        if bound is not None
    ]
    reached += [target * factor] if target is not None else []
    ticks = round_steps(
        min(reached, default=0.0) if low is None else low,
        max(reached, default=1.0) if high is None else high,
        most=3,
    )
    scale = Scale(ticks[0], ticks[-1])
    return {
        "rows": rows,
        "low": ticks[0],
        "high": ticks[-1],
        "ticks": [{"value": tick, "left": scale.percent(tick)} for tick in ticks],
        "target": target,
        "unit": unit,
        "digits": digits,
        "direction": direction,
    }
