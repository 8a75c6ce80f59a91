"""What two estimates allow us to say about the change between them."""

from dataclasses import dataclass
from math import hypot
from typing import Protocol

from .estimates import Change, Estimate, Verdict
from .tails import normal_quantile

FLOOR = 30
CONFIDENCE = 0.95


class Measured(Protocol):
    """What the comparisons read of an estimate."""

    @property
    def value(self) -> float | None: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...


@dataclass(frozen=True)
class Limits:
    """A difference with its interval, before a verdict is given."""

    difference: float
    low: float
    high: float


def z_of(confidence: float = CONFIDENCE) -> float:
    """The two-sided normal quantile of a confidence level.

    Args:
        confidence: Between 0 and 1; 0.95 gives 1.96.

    Returns:
        The number of standard errors on each side of the value.

    Raises:
        ValueError: When confidence is not strictly between 0 and 1.

    Example:
        >>> round(z_of(0.95), 2)
        1.96
    """
    if not 0 < confidence < 1:
        raise ValueError(f"Confidence lies between 0 and 1, not at {confidence}.")
    return normal_quantile(0.5 + confidence / 2)


def is_thin(n: float, floor: int = FLOOR) -> bool:
    """Whether there are too few answers to call anything.

    Args:
        n: The number of answers, effective where they are weighted or come from repeat answerers.
        floor: The smallest number worth calling.

    Returns:
        True when n is below the floor.

    Example:
        >>> is_thin(29.6), is_thin(30)
        (True, False)
    """
    return n < floor


def verdict(low: float | None, high: float | None, *sides: Estimate) -> Verdict:
    """Up or down only when the interval of the difference excludes zero and no side is thin.

    Args:
        low: Lower limit of the difference, None when there is none.
        high: Upper limit of the difference.
        sides: The estimates that were compared.

    Returns:
        "up", "down", "within noise" or "too few to say".

    Assumptions:
        The limits belong to the difference itself; that one value lies outside the other's interval says
        nothing.

    Reference:
        Cumming, G. and Finch, S. (2005). Inference by eye. American Psychologist 60, 170-180.

    Example:
        >>> many = Estimate(0.5, 0.45, 0.55, 400, "Wilson")
        >>> verdict(-0.01, 0.12, many, many)
        'within noise'
    """
    if low is None or high is None or any(side.is_thin or side.value is None for side in sides):
        return "too few to say"
    if low > 0:
        return "up"
    return "down" if high < 0 else "within noise"


def whole(estimate: Measured) -> tuple[float, float, float] | None:
    """An estimate's lower limit, value and upper limit, or None when one of them is not known.

    Args:
        estimate: Any estimate.

    Returns:
        (low, value, high), or None.

    Example:
        >>> whole(Estimate(0.5, 0.45, 0.55, 400, "Wilson"))
        (0.45, 0.5, 0.55)
    """
    if estimate.low is None or estimate.value is None or estimate.high is None:
        return None
    return estimate.low, estimate.value, estimate.high


def difference_of(now: Measured, before: Measured) -> float | None:
    """now minus before, or None when one of them has no value.

    Args:
        now: The later estimate.
        before: The earlier estimate.

    Returns:
        The difference of the values, or None.

    Example:
        >>> difference_of(Estimate(3.0, 2.0, 4.0, 40, "t"), Estimate(1.0, 0.0, 2.0, 40, "t"))
        2.0
    """
    return None if now.value is None or before.value is None else now.value - before.value


def square_and_add(now: Measured, before: Measured) -> Limits | None:
    """The interval of a difference from the two intervals alone.

    The distance from the difference to each limit is the root of the summed squares of the distances that
    matter: now's lower and before's upper for the lower limit, and the other way round.

    Args:
        now: The later estimate.
        before: The earlier estimate.

    Returns:
        The difference with its limits, or None when one side has no interval.

    Assumptions:
        The two sides are independent samples, and their intervals have the same confidence.

    Reference:
        Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions.
        Statistics in Medicine 17, 873-890 (method 10 when the sides are Wilson intervals). Zou, G. Y. and
        Donner, A. (2008). Construction of confidence limits about effect measures. Statistics in Medicine
        27, 1693-1702 (any other intervals).

    Example:
        >>> now = Estimate(0.70, 0.58, 0.80, 80, "Wilson")
        >>> before = Estimate(0.60, 0.48, 0.71, 80, "Wilson")
        >>> limits = square_and_add(now, before)
        >>> round(limits.low, 3), round(limits.high, 3)
        (-0.063, 0.256)
    """
    later, earlier = whole(now), whole(before)
    if later is None or earlier is None:
        return None
    low, value, high = later
    low_before, value_before, high_before = earlier
    difference = value - value_before
    return Limits(
        difference,
        difference - hypot(value - low, high_before - value_before),
        difference + hypot(high - value, value_before - low_before),
    )


def compare(now: Estimate, before: Estimate, method: str) -> Change:
    """The change between two estimates by square-and-add, with its verdict.

    Args:
        now: The later estimate.
        before: The earlier estimate.
        method: The name of the method as people will read it.

    Returns:
        A Change; its difference and limits are None when one side has nothing to say.

    Assumptions:
        As for `square_and_add`.

    Reference:
        As for `square_and_add`.

    Example:
        >>> now = Estimate(0.70, 0.66, 0.74, 500, "Wilson")
        >>> before = Estimate(0.60, 0.56, 0.64, 500, "Wilson")
        >>> compare(now, before, "Newcombe").verdict
        'up'
    """
    limits = square_and_add(now, before)
    if limits is None:
        return Change(difference_of(now, before), None, None, "too few to say", before, method)
    return Change(
        limits.difference,
        limits.low,
        limits.high,
        verdict(limits.low, limits.high, now, before),
        before,
        method,
    )
