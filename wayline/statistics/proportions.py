"""Shares: Wilson intervals and Newcombe differences."""

from collections.abc import Mapping
from math import sqrt

from .comparison import CONFIDENCE, FLOOR, compare, is_thin, z_of
from .estimates import Change, Estimate
from .moments import Moments

METHOD = "Wilson score interval"
CHANGE_METHOD = "Newcombe's difference of Wilson intervals"


def limits(share: float, n: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Wilson's limits of a share.

    Args:
        share: The observed share, 0 to 1.
        n: The number of answers, which may be an effective number and so a fraction.
        confidence: The coverage aimed at.

    Returns:
        The lower and the upper limit, within 0 and 1.

    Raises:
        ValueError: When n is not positive or the share is outside 0 to 1.

    Assumptions:
        Independent answers with one underlying share.

    Reference:
        Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal
        of the American Statistical Association 22, 209-212.

    Example:
        >>> low, high = limits(0.45, 40)
        >>> round(low, 2), round(high, 2)
        (0.31, 0.6)
    """
    if n <= 0:
        raise ValueError("A share needs at least one answer.")
    if not 0 <= share <= 1:
        raise ValueError(f"A share lies between 0 and 1, not at {share}.")
    z = z_of(confidence)
    shrink = 1 + z * z / n
    middle = (share + z * z / (2 * n)) / shrink
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / shrink
    # Exactly, which floating point would miss by a hair on either side.
    low = 0.0 if share == 0 else max(0.0, middle - half)
    high = 1.0 if share == 1 else min(1.0, middle + half)
    return low, high


def wilson(successes: float, n: int, *, confidence: float = CONFIDENCE, floor: int = FLOOR) -> Estimate:
    """A share of n with its Wilson interval.

    Args:
        successes: How many of the n.
        n: How many in all; 0 gives an estimate with nothing to say.
        confidence: The coverage aimed at.
        floor: Below this n the estimate is thin.

    Returns:
        An Estimate whose value lies between 0 and 1.

    Raises:
        ValueError: When successes is negative or more than n.

    Assumptions:
        Independent answers. For weights or repeat answerers use `from_moments`.

    Reference:
        Wilson (1927), see `limits`. Brown, L. D., Cai, T. T. and DasGupta, A. (2001). Interval estimation
        for a binomial proportion. Statistical Science 16, 101-133, for why not the textbook interval.

    Example:
        >>> solved = wilson(395, 500)
        >>> round(solved.value, 3), round(solved.low, 3), round(solved.high, 3)
        (0.79, 0.752, 0.823)
    """
    if n < 0 or not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is not a share.")
    if n == 0:
        return Estimate(None, None, None, 0, METHOD, is_thin=True)
    low, high = limits(successes / n, n, confidence)
    return Estimate(successes / n, low, high, n, METHOD, is_thin=is_thin(n, floor))


def from_moments(moments: Moments, *, confidence: float = CONFIDENCE, floor: int = FLOOR) -> Estimate:
    """A share of weighted answers, with Wilson's interval at their effective n.

    Args:
        moments: Sums over values that are 0 or 1.
        confidence: The coverage aimed at.
        floor: Below this effective n the estimate is thin.

    Returns:
        An Estimate with `effective_n` set where it differs from n.

    Assumptions:
        Weights are known, not themselves estimated; customers are independent of each other.

    Reference:
        Kish (1965) and Cochran (1977), see `Moments`. Korn, E. L. and Graubard, B. I. (1998). Confidence
        intervals for proportions with small expected number of positive counts estimated from survey data.
        Survey Methodology 24, 193-201, for intervals at the effective n.

    Example:
        >>> from_moments(Moments.of([1, 1, 0, 0], weights=[3, 1, 1, 1])).effective_n
        3.0
    """
    if moments.n == 0 or moments.weight <= 0:
        return Estimate(None, None, None, moments.n, METHOD, is_thin=True)
    share = min(1.0, max(0.0, moments.mean))
    if moments.is_plain:
        low, high = limits(share, moments.n, confidence)
        return Estimate(share, low, high, moments.n, METHOD, is_thin=is_thin(moments.n, floor))
    n = moments.effective_n
    low, high = limits(share, n, confidence)
    return Estimate(share, low, high, moments.n, f"{METHOD} at the effective n", n, is_thin(n, floor))


def weighted(
    n: int,
    weight: float,
    weight_squared: float,
    weight_of_successes: float,
    *,
    confidence: float = CONFIDENCE,
    floor: int = FLOOR,
) -> Estimate:
    """A weighted share, one answer a customer, with Wilson's interval at Kish's effective n.

    Args:
        n: How many answers.
        weight: Sum of their weights.
        weight_squared: Sum of the squares of their weights.
        weight_of_successes: Sum of the weights of those that count.
        confidence: The coverage aimed at.
        floor: Below this effective n the estimate is thin.

    Returns:
        An Estimate with `effective_n`.

    Raises:
        ValueError: When the successes weigh more than everything.

    Assumptions:
        Weights are known and independent of the answer within their group.

    Reference:
        Kish, L. (1965). Survey Sampling, section 11.7.

    Example:
        >>> round(weighted(100, 150, 300, 60).effective_n)
        75
    """
    if n == 0 or weight <= 0:
        return Estimate(None, None, None, n, METHOD, is_thin=True)
    # The two sums were added up in different orders, so that the last digits may differ.
    if not 0 <= weight_of_successes <= weight * (1 + 1e-9):
        raise ValueError("The successes cannot weigh more than everything.")
    effective = weight**2 / weight_squared
    share = min(1.0, weight_of_successes / weight)
    low, high = limits(share, effective, confidence)
    method = f"{METHOD} at Kish's effective n"
    kept = None if effective == n else effective
    return Estimate(share, low, high, n, method, kept, is_thin(effective, floor))


def top_box(
    counts: Mapping[float, int], at_least: float, *, confidence: float = CONFIDENCE, floor: int = FLOOR
) -> Estimate:
    """The share of answers at or above a score, with its Wilson interval.

    Args:
        counts: How many answers each score got.
        at_least: The lowest score that counts: 4 for the two top boxes of a scale to 5.
        confidence: The coverage aimed at.
        floor: Below this n the estimate is thin.

    Returns:
        An Estimate between 0 and 1.

    Assumptions:
        As for `wilson`.

    Reference:
        As for `wilson`.

    Example:
        >>> top_box({5: 40, 4: 20, 3: 20, 2: 10, 1: 10}, 4).value
        0.6
    """
    top = sum(count for score, count in counts.items() if score >= at_least)
    return wilson(top, sum(counts.values()), confidence=confidence, floor=floor)


def change(now: Estimate, before: Estimate) -> Change:
    """The difference of two shares by Newcombe's method 10, with its verdict.

    Args:
        now: The later share, from `wilson`, `weighted` or `from_moments`.
        before: The earlier share.

    Returns:
        A Change; up or down only when its interval excludes zero and neither side is thin.

    Assumptions:
        Independent samples, both intervals at the same confidence.

    Reference:
        Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions:
        comparison of eleven methods. Statistics in Medicine 17, 873-890, method 10.

    Example:
        >>> found = change(wilson(56, 70), wilson(48, 80))
        >>> round(found.difference, 3), round(found.low, 4), round(found.high, 4)
        (0.2, 0.0524, 0.3339)
    """
    return compare(now, before, CHANGE_METHOD)
