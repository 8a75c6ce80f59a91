"""What a metric is: its meaning, what it needs of the engine, and how its number is finished."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from ibis.expr.types import Table

from wayline.kit import numbers
from wayline.signals.conditions import SignalCondition
from wayline.signals.vocabulary import SCALES
from wayline.statistics.estimates import Change, Estimate
from wayline.statistics.moments import Moments

Family = Literal["perception", "behavior", "operations"]
Condition = Literal["of", "then", "within"]


@dataclass(frozen=True)
class Statistic:
    """What makes an estimate of a metric's rows, and a change of two estimates.

    `finish` takes the moments of the rows; what is read from order statistics has none.
    """

    method: str
    change: Callable[[Estimate, Estimate], Change]
    finish: Callable[["Metric", Moments, str | None], Estimate] | None = None


@dataclass(frozen=True)
class Metric:
    """One metric. `digits` and `unit` say how it is shown; `direction` which way is better.

    `rows` builds one row for each thing measured; `statistic` makes the estimate of them. Metrics with a
    `quantile` are finished from order statistics. `counts` names the things that n counts, `limits` holds
    for each scale the score that decides.
    """

    slug: str
    name: str
    family: Family
    unit: str
    direction: Literal["up", "down", "neither"]
    counts: str
    meaning: str
    rows: Callable[..., Table]  # of a Scope and the metric: scopes know metrics, so they stand above
    statistic: Statistic
    quantile: float | None = None
    digits: int = 0
    scales: tuple[str, ...] = ()
    takes: tuple[Condition, ...] = ()
    requires: tuple[Condition, ...] = ()
    of: SignalCondition | None = None
    then: SignalCondition | None = None
    within: timedelta | None = None
    floor: int = 30
    limits: dict[str, int] = field(default_factory=dict, hash=False)

    @property
    def method(self) -> str:
        return self.statistic.method

    def estimate(self, moments: Moments, scale: str | None) -> Estimate:
        """What the moments of its rows say, where they say it all."""
        if self.statistic.finish is None:
            raise TypeError(f"{self.slug} is read from order statistics.")
        return self.statistic.finish(self, moments, scale)

    def change(self, now: Estimate, before: Estimate) -> Change:
        """What may be said about the change between two of its estimates."""
        return self.statistic.change(now, before)

    @property
    def summary(self) -> str:
        """The first sentence of its meaning."""
        return self.meaning.partition(". ")[0].removesuffix(".") + "."

    @property
    def change_digits(self) -> int:
        """Changes are smaller than values: shares and scores in points show one digit more."""
        return max(1, self.digits) if self.unit == "%" or self.slug == "nps" else self.digits

    def amount(self, value: float, digits: int | None = None) -> str:
        """A value of this metric in words, with its unit."""
        return numbers.amount(value, self.unit, self.digits if digits is None else digits)

    def difference(self, value: float | None) -> str:
        """How far two of its values lie apart, in words: shares and NPS differ by points."""
        if value is None:
            return ""
        words = self.amount(value, max(self.change_digits, 1))
        return words.replace("%", " points") if self.unit == "%" else words

    def ends(self, scale: str | None) -> tuple[float, float] | None:
        """Between which two values the metric can lie, where it cannot lie anywhere."""
        if self.unit == "%":
            return 0.0, 1.0
        if self.slug == "nps":
            return -100.0, 100.0
        known = SCALES.get(scale or (self.scales[0] if self.scales else ""))
        return (known.low, known.high) if known else None
