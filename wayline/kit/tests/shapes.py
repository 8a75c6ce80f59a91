"""Values shaped like those of the statistics area, which this area may not import."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    value: float | None
    low: float | None
    high: float | None
    n: int
    method: str = "Wilson"
    is_thin: bool = False


@dataclass(frozen=True)
class Change:
    difference: float | None
    low: float | None
    high: float | None
    verdict: str
    before: Estimate
    method: str = "Newcombe"


def make_estimate(value=0.68, low=0.65, high=0.71, n=2210, **fields) -> Estimate:
    return Estimate(value, low, high, n, **fields)


def make_change(difference=0.07, low=0.03, high=0.11, verdict="up", before=None, **fields) -> Change:
    return Change(difference, low, high, verdict, before or make_estimate(0.61, 0.58, 0.64, 2105), **fields)
