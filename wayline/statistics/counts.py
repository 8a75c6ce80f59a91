"""Counts and rates: Garwood's exact Poisson interval, widened where one customer counts many times."""

from .comparison import CONFIDENCE, FLOOR, compare, is_thin, whole
from .estimates import Change, Estimate
from .tails import chi2_quantile

METHOD = "Garwood's Poisson interval"
CHANGE_METHOD = "square-and-add of two Poisson intervals"


def limits(count: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Garwood's limits of a Poisson mean.

    Args:
        count: What was counted, which may be an effective number and so a fraction.
        confidence: The coverage promised at least.

    Returns:
        The lower and the upper limit.

    Raises:
        ValueError: When the count is negative.

    Assumptions:
        What is counted happens independently, at a rate of its own.

    Reference:
        Garwood, F. (1936). Fiducial limits for the Poisson distribution. Biometrika 28, 437-442.

    Example:
        >>> low, high = limits(10)
        >>> round(low, 2), round(high, 2)
        (4.8, 18.39)
    """
    if count < 0:
        raise ValueError("A count cannot be negative.")
    missed = (1 - confidence) / 2
    low = chi2_quantile(missed, 2 * count) / 2 if count else 0.0
    return low, chi2_quantile(1 - missed, 2 * count + 2) / 2


def count(
    total: int,
    *,
    total_of_squares: float | None = None,
    confidence: float = CONFIDENCE,
    floor: int = FLOOR,
) -> Estimate:
    """A count with the interval of the mean behind it.

    Args:
        total: What was counted.
        total_of_squares: The sum over customers of their own counts squared, when one customer may count
            more than once; the interval is widened by it.
        confidence: The coverage promised at least.
        floor: Below this (effective) count the estimate is thin.

    Returns:
        An Estimate whose n is the count, and whose effective n is the number of independent ones.

    Raises:
        ValueError: When the count is negative or the squares are less than the count.

    Assumptions:
        Customers come independently of each other; how often one of them counts is free (a compound Poisson
        process, whose variance is the sum of the squares).

    Reference:
        Garwood (1936), see `limits`. Bohm, G. and Zech, G. (2014). Statistics of weighted Poisson events and
        its applications. Nuclear Instruments and Methods A 748, 1-6, for the effective count.

    Example:
        >>> count(100).low < 100 < count(100).high
        True
        >>> round(count(100, total_of_squares=400).effective_n)
        25
    """
    if total < 0:
        raise ValueError("A count cannot be negative.")
    if total_of_squares is None or total == 0 or total_of_squares == total:
        low, high = limits(total, confidence)
        return Estimate(total, low, high, total, METHOD, is_thin=is_thin(total, floor))
    if total_of_squares < total:
        raise ValueError("Whole counts cannot have squares that sum to less than themselves.")
    effective = total**2 / total_of_squares
    low, high = limits(effective, confidence)
    each = total / effective
    method = f"{METHOD} at the effective count"
    return Estimate(total, low * each, high * each, total, method, effective, is_thin(effective, floor))


def rate(
    total: int,
    customers: float,
    *,
    total_of_squares: float | None = None,
    confidence: float = CONFIDENCE,
    floor: int = FLOOR,
) -> Estimate:
    """A count for each customer, with its interval.

    Args:
        total: What was counted.
        customers: Among how many customers, or over how much time.
        total_of_squares: As for `count`.
        confidence: The coverage promised at least.
        floor: Below this (effective) count the estimate is thin.

    Returns:
        An Estimate in counts for each customer, whose n is the count.

    Raises:
        ValueError: When customers is negative, or the count is impossible.

    Assumptions:
        As for `count`; the number of customers is known, not estimated.

    Reference:
        As for `count`.

    Example:
        >>> contacts = rate(50, 1_000)
        >>> contacts.value, round(contacts.low, 3), round(contacts.high, 3)
        (0.05, 0.037, 0.066)
    """
    if customers < 0:
        raise ValueError("The number of customers cannot be negative.")
    if customers == 0:
        return Estimate(None, None, None, 0, METHOD, is_thin=True)
    counted = count(total, total_of_squares=total_of_squares, confidence=confidence, floor=floor)
    low, value, high = whole(counted) or (0.0, 0.0, 0.0)
    return Estimate(
        value / customers,
        low / customers,
        high / customers,
        total,
        counted.method,
        counted.effective_n,
        counted.is_thin,
    )


def change(now: Estimate, before: Estimate) -> Change:
    """The difference of two counts or rates, by square-and-add, with its verdict.

    Args:
        now: The later count or rate.
        before: The earlier one, over as long a time.

    Returns:
        A Change.

    Assumptions:
        Independent periods of equal length.

    Reference:
        Li, H. Q., Tang, M. L., Poon, W. Y. and Tang, N. S. (2011). Confidence intervals for difference
        between two Poisson rates. Communications in Statistics - Simulation and Computation 40, 1478-1493.

    Example:
        >>> change(count(140), count(100)).verdict
        'up'
    """
    return compare(now, before, CHANGE_METHOD)
