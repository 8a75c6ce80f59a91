"""From a value to a place on a drawing. Every chart stands on this one mapping."""

from dataclasses import dataclass
from math import floor, log10


@dataclass(frozen=True)
class Scale:
    """Maps low..high onto 0..100 percent, cut off at both ends."""

    low: float
    high: float

    def percent(self, value: float) -> float:
        if self.high == self.low:
            return 50.0
        share = (float(value) - self.low) / (self.high - self.low)
        return round(min(max(share, 0.0), 1.0) * 100, 2)

    def from_top(self, value: float) -> float:
        return round(100 - self.percent(value), 2)


def round_steps(low: float, high: float, most: int = 5) -> list[float]:
    """Even, round values that cover low..high in at most `most` + 1 steps."""
    if high <= low:
        high = low + 1
    rough = (high - low) / most
    size = 10 ** floor(log10(rough))
    # 0.999 and 1e-9 forgive what floating point adds, which would otherwise take a coarser step or one more.
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * 0.999)
    first = floor(low / step + 1e-9)
    values = [round(first * step, 10)]
    while values[-1] < high - step * 1e-9:
        values.append(round(values[-1] + step, 10))
    return values
