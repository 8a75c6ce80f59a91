"""Whether something came far less or far more often than its own past leads one to expect."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

WEEK = 168  # hours
WINDOWS = (6, 24, WEEK)  # hours
WEEKS = 8
FEWEST_WEEKS = 3
# With this chance in each test, a steady stream tested every hour raises less than one false alarm per name
# and year, also a bursty one; tests/test_volumes.py measures it, docs/guide/signals.md promises it.
CHANCE = 1e-7


@dataclass(frozen=True)
class Unusual:
    """A window of time whose count its past does not explain.

    `low` and `high` bound what was to be expected, leaving out CHANCE on either side; `chance` is how likely
    so extreme a count is. `hours` is the length of the window, which ends where the given hours end.
    """

    hours: int
    observed: int
    expected: float
    low: int
    high: int
    chance: float

    @property
    def is_low(self) -> bool:
        return self.observed < self.expected


@dataclass(frozen=True)
class Judged:
    """The tests of one window at many moments: counts, what was expected, and the two tails."""

    observed: np.ndarray
    expected: np.ndarray
    size: np.ndarray  # of the negative binomial
    below: np.ndarray  # the chance of so few or fewer
    above: np.ndarray  # the chance of so many or more


def unusual(hourly: np.ndarray, *, chance: float = CHANCE) -> Unusual | None:
    """The window whose count is least explained by the same hours of the weeks before, if any is not.

    Args:
        hourly: counts of consecutive hours, the last one complete. Hours before the first signal of all are
            cut off, so that a young name is not compared with its own absence.
        chance: how rarely a steady stream may give so extreme a count, for each test.

    Returns:
        The least likely of the windows of 6, 24 and 168 hours, or None when each is to be expected or there
        are fewer than FEWEST_WEEKS of history.

    Assumptions:
        In the same hours of the week the counts have the same mean; their variance is that mean times a
        dispersion, at least 1, estimated from all of the past windows of the length and raised to its upper
        90 % bound. The prediction is negative binomial, with the mean's own uncertainty in its variance; for
        a dispersion of 1 it is the exact Poisson prediction with Jeffreys' prior.
    """
    began = np.flatnonzero(hourly)
    if not began.size:
        return None
    hourly = hourly[began[0] :]
    found = []
    for hours in WINDOWS:
        weeks = min(WEEKS, (len(hourly) - hours) // WEEK)
        if weeks < FEWEST_WEEKS:
            continue
        judged = judge(hourly, hours, weeks, moments=np.array([len(hourly)]))
        tail = min(judged.below[0], judged.above[0])
        if tail < chance:
            found.append(_unusual(judged, hours, tail, chance))
    return min(found, key=lambda each: each.chance, default=None)


def judge(hourly: np.ndarray, hours: int, weeks: int, *, moments: np.ndarray) -> Judged:
    """Test the window of so many hours that ends at each moment against the same hours of the weeks before.

    Args:
        hourly: counts of consecutive hours.
        hours: the length of the window.
        weeks: how many weeks before are compared with; every moment must have as many.
        moments: the ends of the windows, as indexes into the hours.
    """
    sums = np.concatenate([[0], np.cumsum(hourly)])

    def counted(ends: np.ndarray) -> np.ndarray:
        return sums[ends] - sums[ends - hours]

    observed = counted(moments)
    past = np.stack([counted(moments - WEEK * week) for week in range(1, weeks + 1)])
    mean = (past.sum(axis=0) + 0.5) / weeks
    # Of a window still to come: its own, and that of the mean of so few weeks.
    variance = mean * _dispersion(counted, hours, weeks, moments) * (1 + 1 / weeks)
    # Never by zero: the mean's own uncertainty keeps the variance above the mean.
    size = mean**2 / (variance - mean)
    share = size / (size + mean)
    return Judged(
        observed,
        mean,
        size,
        stats.nbinom.cdf(observed, size, share),
        stats.nbinom.sf(observed - 1, size, share),
    )


def _dispersion(counted, hours: int, weeks: int, moments: np.ndarray) -> np.ndarray:
    """Pearson's, from every window of the weeks before, each against its own hours of the week."""
    places = np.arange(0, WEEK, hours)[:, None, None]
    ends = moments - places - WEEK * np.arange(1, weeks + 1)[:, None]
    # The earliest windows of the first week may begin before the first hour.
    is_there = ends >= hours
    counts = np.where(is_there, counted(np.maximum(ends, hours)), np.nan)
    means = np.nanmean(counts, axis=1, keepdims=True)
    squares = np.where(means > 0, (counts - means) ** 2 / np.where(means > 0, means, 1), 0.0)
    freedom = len(places) * (weeks - 1)
    pearson = np.nansum(squares, axis=(0, 1)) / freedom
    # A few weeks say little about how bursty a stream is: the upper end of what they allow (90 %) is taken.
    return np.maximum(1.0, pearson * freedom / stats.chi2.ppf(0.1, freedom))


def _unusual(judged: Judged, hours: int, tail: float, chance: float) -> Unusual:
    mean, size = float(judged.expected[0]), float(judged.size[0])
    share = size / (size + mean)
    return Unusual(
        hours=hours,
        observed=int(judged.observed[0]),
        expected=mean,
        low=int(stats.nbinom.ppf(chance, size, share)),
        high=int(stats.nbinom.isf(chance, size, share)),
        chance=float(tail),
    )


def chance_of_none(before: int, after: int, having: int) -> float:
    """How likely it is that all of the having ones lie on the larger or smaller side they were found on.

    Args:
        before: how many there were on the side where none has it.
        after: how many there were on the side where `having` have it.
        having: how many have it.

    Returns:
        Fisher's exact chance that none of those before has it, if it did not matter when they came.

    Assumptions:
        They are exchangeable: each was as likely as any other to have it.

    Reference:
        Fisher, R. A. (1935). The logic of inductive inference. Journal of the Royal Statistical Society 98,
        39-82.

    Example:
        >>> round(chance_of_none(10, 10, 3), 3)
        0.105
    """
    return float(stats.hypergeom.pmf(0, before + after, having, before)) if having else 1.0
