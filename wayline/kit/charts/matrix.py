from collections.abc import Sequence
from dataclasses import dataclass

from .scales import Scale, round_steps
from .values import Estimated


@dataclass(frozen=True)
class MatrixDot:
    """One dot: what it brings (up) and what it takes (to the right), both with their ranges."""

    label: str
    address: str
    across: Estimated
    up: Estimated


def matrix(dots: Sequence[MatrixDot]) -> dict:
    """Dots with error bars both ways, numbered in their order: the list beside it is the accessible twin.

    Dots keep the order given; `rank` begins with 1. Positions are percent from the left and from the top.
    """
    wide = _scale([bound for dot in dots for bound in (dot.across.high, dot.across.value)])
    tall = _scale([bound for dot in dots for bound in (dot.up.high, dot.up.value)])
    return {
        "dots": [_placed(rank, dot, wide[0], tall[0]) for rank, dot in enumerate(dots, start=1)],
        "across": [{"value": tick, "left": wide[0].percent(tick)} for tick in wide[1]],
        "up": [{"value": tick, "top": tall[0].from_top(tick)} for tick in tall[1]],
    }


def _scale(bounds: Sequence[float | None]) -> tuple[Scale, list[float]]:
    most = max((bound for bound in bounds if bound is not None), default=1.0)
    ticks = round_steps(0.0, most or 1.0, most=4)
    return Scale(ticks[0], ticks[-1]), ticks


def _placed(rank: int, dot: MatrixDot, wide: Scale, tall: Scale) -> dict:
    across, up = dot.across, dot.up
    left, right = (wide.percent(bound or 0.0) for bound in (across.low, across.high))
    top, bottom = (tall.from_top(bound or 0.0) for bound in (up.high, up.low))
    return {
        "rank": rank,
        "label": dot.label,
        "address": dot.address,
        "left": wide.percent(across.value or 0.0),
        "top": tall.from_top(up.value or 0.0),
        "bar_left": left,
        "bar_width": round(right - left, 2),
        "bar_top": top,
        "bar_height": round(bottom - top, 2),
        "is_thin": up.is_thin,
    }
