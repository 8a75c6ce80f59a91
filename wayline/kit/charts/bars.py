from collections.abc import Sequence
from dataclasses import dataclass

from .scales import Scale
from .values import Estimated


@dataclass(frozen=True)
class Bar:
    label: str
    estimate: Estimated | None
    address: str = ""


def bars(
    items: Sequence[Bar], *, unit: str = "", digits: int = 1, better: str = "up", reach: float | None = None
) -> dict:
    """Bars to both sides of zero with their intervals, the largest effect first.

    `reach` is the value at either end; without it the widest interval fits.
    """
    factor = 100 if unit == "%" else 1
    known = [(bar, e, e.value) for bar in items if (e := bar.estimate) is not None and e.value is not None]
    known.sort(key=lambda each: -abs(each[2]))
    bounds = [abs(bound) * factor for _, e, _ in known for bound in _bounds(e)]
    end = reach or max(bounds, default=1.0) * 1.05 or 1.0
    scale = Scale(-end, end)
    return {
        "rows": [_row(bar, e, value * factor, scale, factor, better) for bar, e, value in known],
        "unit": unit,
        "digits": digits,
        "reach": end,
        "is_empty": not known,
    }


def _bounds(e: Estimated) -> tuple[float, ...]:
    return tuple(bound for bound in (e.low, e.value, e.high) if bound is not None)


def _row(bar: Bar, e: Estimated, value: float, scale: Scale, factor: int, better: str) -> dict:
    zero, tip = scale.percent(0), scale.percent(value)
    row: dict = {
        "label": bar.label,
        "address": bar.address,
        "estimate": e,
        "value": value,
        "tone": _tone(e, better),
        "left": min(zero, tip),
        "width": round(abs(tip - zero), 2),
    }
    if e.low is not None and e.high is not None:
        row["from"] = scale.percent(e.low * factor)
        row["over"] = round(scale.percent(e.high * factor) - row["from"], 2)
    return row


def _tone(e: Estimated, better: str) -> str:
    """Color only where the interval leaves zero out."""
    if e.low is None or e.high is None or e.low <= 0 <= e.high or e.is_thin:
        return "flat"
    return "good" if (e.low > 0) == (better == "up") else "bad"
