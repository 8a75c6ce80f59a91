"""Medians and other quantiles by order statistics: no assumption about the shape of the values."""

from collections.abc import Mapping, Sequence
from math import ceil

import numpy as np
from scipy import stats

from .comparison import CONFIDENCE, FLOOR, compare, is_thin
from .estimates import Change, Estimate

METHOD = "order statistics, distribution-free interval"
CHANGE_METHOD = "square-and-add of two distribution-free intervals"


def ranks(n: int, q: float, confidence: float = CONFIDENCE) -> tuple[int | None, int, int | None]:
    """Which order statistics make a quantile and its interval, counted from 1.

    Args:
        n: How many values.
        q: The quantile, strictly between 0 and 1.
        confidence: The coverage promised at least.

    Returns:
        The ranks of the lower limit, the value and the upper limit. A limit is None where n is too small for
        any order statistic to promise half of what may be missed on its side.

    Raises:
        ValueError: When q is not strictly between 0 and 1 or n is not positive.

    Assumptions:
        Independent values; ties make the interval wider than needed, never narrower.

    Reference:
        David, H. A. and Nagaraja, H. N. (2003). Order Statistics, section 7.1. Hyndman, R. J. and Fan, Y.
        (1996). Sample quantiles in statistical packages. The American Statistician 50, 361-365, definition 1.

    Example:
        >>> ranks(100, 0.5)
        (40, 50, 61)
    """
    if not 0 < q < 1:
        raise ValueError(f"A quantile lies between 0 and 1, not at {q}.")
    if n <= 0:
        raise ValueError("A quantile needs at least one value.")
    missed = (1 - confidence) / 2
    low = int(stats.binom.ppf(missed, n, q))
    high = int(stats.binom.ppf(1 - missed, n, q)) + 1
    # 100 * 0.07 is a hair more than 7, and must not become rank 8.
    middle = min(n, max(1, ceil(n * q - 1e-9)))
    return (low if low >= 1 else None), middle, (high if high <= n else None)


def quantile(
    sorted_values: Sequence[float] | np.ndarray,
    q: float,
    *,
    confidence: float = CONFIDENCE,
    floor: int = FLOOR,
) -> Estimate:
    """A quantile with its distribution-free interval.

    Args:
        sorted_values: The values, smallest first.
        q: The quantile, strictly between 0 and 1: 0.5 is the median, 0.9 the P90.
        confidence: The coverage promised at least.
        floor: Below this n the estimate is thin.

    Returns:
        An Estimate whose three numbers are observed values. Where n is too small for a limit on a side, that
        side ends at the smallest or largest value and the estimate is thin.

    Assumptions:
        As for `ranks`.

    Reference:
        As for `ranks`.

    Example:
        >>> wait = quantile(list(range(1, 101)), 0.5)
        >>> wait.value, wait.low, wait.high
        (50, 40, 61)
    """
    n = len(sorted_values)
    if n == 0:
        return Estimate(None, None, None, 0, METHOD, is_thin=True)
    return from_ranks(lambda rank: sorted_values[rank - 1], n, q, confidence=confidence, floor=floor)


def from_ranks(value_at, n: int, q: float, *, confidence: float = CONFIDENCE, floor: int = FLOOR) -> Estimate:
    """A quantile where only some order statistics were fetched from an engine.

    Args:
        value_at: From a rank, counted from 1, to the value there.
        n: How many values there are in all.
        q: The quantile, strictly between 0 and 1.
        confidence: The coverage promised at least.
        floor: Below this n the estimate is thin.

    Returns:
        An Estimate, as `quantile`.

    Raises:
        LookupError: When value_at does not know a rank that `ranks` asks for.

    Assumptions:
        As for `ranks`.

    Reference:
        As for `ranks`.

    Example:
        >>> from_ranks({40: 7.0, 50: 9.0, 61: 12.0}.__getitem__, 100, 0.5).high
        12.0
    """
    low, middle, high = ranks(n, q, confidence)
    return Estimate(
        value_at(middle),
        value_at(low or 1),
        value_at(high or n),
        n,
        METHOD,
        is_thin=is_thin(n, floor) or low is None or high is None,
    )


def of_counts(
    counts: Mapping[float, int], q: float, *, confidence: float = CONFIDENCE, floor: int = FLOOR
) -> Estimate:
    """A quantile of values that were counted, such as scores.

    Args:
        counts: How often each value was seen.
        q: The quantile, strictly between 0 and 1.
        confidence: The coverage promised at least.
        floor: Below this n the estimate is thin.

    Returns:
        An Estimate, as `quantile`.

    Assumptions:
        As for `ranks`.

    Reference:
        As for `ranks`.

    Example:
        >>> of_counts({5: 60, 4: 20, 1: 20}, 0.1).value
        1
    """
    n = sum(counts.values())
    if n == 0:
        return Estimate(None, None, None, 0, METHOD, is_thin=True)
    ordered = sorted(counts.items())

    def value_at(rank: int) -> float:
        seen = 0
        for value, count in ordered:
            seen += count
            if seen >= rank:
                return value
        raise LookupError(f"There is no rank {rank} among {n} values.")

    return from_ranks(value_at, n, q, confidence=confidence, floor=floor)


def change(now: Estimate, before: Estimate) -> Change:
    """The difference of two quantiles, by square-and-add of their intervals, with its verdict.

    Args:
        now: The later quantile.
        before: The earlier quantile, at the same q and confidence.

    Returns:
        A Change in the unit of the values.

    Assumptions:
        Independent samples.

    Reference:
        Zou, G. Y. and Donner, A. (2008). Construction of confidence limits about effect measures: a general
        approach. Statistics in Medicine 27, 1693-1702.

    Example:
        >>> change(quantile(range(100), 0.5), quantile(range(100, 200), 0.5)).verdict
        'down'
    """
    return compare(now, before, CHANGE_METHOD)
