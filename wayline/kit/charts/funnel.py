from collections.abc import Sequence
from dataclasses import dataclass

from .values import Estimated


@dataclass(frozen=True)
class FunnelStep:
    """`share` is of all who started; `conversion` of those who came to the step before.

    `address` leads to the people who reached it, `lost_address` to those who went no further.
    """

    label: str
    count: int | None
    share: Estimated | None = None
    conversion: Estimated | None = None
    lost: int | None = None
    address: str = ""
    lost_address: str = ""


def funnel(steps: Sequence[FunnelStep], *, noun: str = "customers") -> dict:
    """Horizontal bars from zero: count, share with its interval, and who is behind them."""
    counts = [step.count for step in steps if step.count is not None]
    most = max(counts, default=0)
    return {
        "rows": [_row(i, step, most) for i, step in enumerate(steps, start=1)],
        "noun": noun,
        "is_empty": most == 0,
    }


def _row(number: int, step: FunnelStep, most: int) -> dict:
    share, conversion = step.share, step.conversion
    row: dict = {
        "number": number,
        "label": step.label,
        "count": step.count,
        "share": share,
        "conversion": conversion,
        "lost": step.lost,
        "address": step.address,
        "lost_address": step.lost_address,
        "is_unbound": step.count is None,
        "is_thin": bool(share is not None and share.is_thin),
        "width": round(step.count / most * 100, 2) if step.count is not None and most else 0.0,
    }
    if share is not None and share.low is not None and share.high is not None:
        row["from"] = round(share.low * 100, 2)
        row["over"] = round((share.high - share.low) * 100, 2)
    return row
