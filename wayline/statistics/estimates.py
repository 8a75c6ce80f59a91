"""The results every number in the product is made of."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["up", "down", "within noise", "too few to say"]


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval. value, low and high are None when there is nothing to say (n = 0).

    `n` counts what the value was computed from; `effective_n` is smaller when answers are weighted.
    `is_thin` says that n is below the smallest worth calling.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    method: str
    effective_n: float | None = None
    is_thin: bool = False


@dataclass(frozen=True)
class Change:
    """now minus before, with the 95 % interval of the difference.

    `verdict` is up or down only when the interval excludes zero and neither side is thin.
    """

    difference: float | None
    low: float | None
    high: float | None
    verdict: Verdict
    before: Estimate
    method: str
    p_value: float | None = None
