"""Net Promoter Score: the mean of +1, 0 and -1, times 100."""

from math import hypot, sqrt

from .comparison import CONFIDENCE, FLOOR, is_thin, verdict, whole, z_of
from .estimates import Change, Estimate
from .moments import Moments
from .proportions import limits
from .tails import normal_beyond

METHOD = "normal interval from the variance of the −1/0/+1 score"
CHANGE_METHOD = "normal interval of the difference of two scores"


def nps(
    promoters: int, passives: int, detractors: int, *, confidence: float = CONFIDENCE, floor: int = FLOOR
) -> Estimate:
    """NPS with its interval, on the scale from -100 to 100.

    Args:
        promoters: Answers of 9 and 10.
        passives: Answers of 7 and 8.
        detractors: Answers of 0 to 6.
        confidence: The coverage aimed at.
        floor: Below this n the estimate is thin.

    Returns:
        An Estimate in points, its limits kept within -100 and 100.

    Raises:
        ValueError: When a count is negative.

    Assumptions:
        Independent answers, enough of them for the mean to be nearly normal. Where all fall in one group the
        variance is 0; then Wilson's limit of that group's share is used, with the rest taken to be as far
        away as they can be.

    Reference:
        Rocks, B. (2016). Interval estimation for the Net Promoter Score. The American Statistician 70,
        365-372.

    Example:
        >>> score = nps(540, 360, 300)
        >>> round(score.value, 1), round(score.low, 1), round(score.high, 1)
        (20.0, 15.4, 24.6)
    """
    if min(promoters, passives, detractors) < 0:
        raise ValueError("A count cannot be negative.")
    n = promoters + passives + detractors
    if n == 0:
        return Estimate(None, None, None, 0, METHOD, is_thin=True)
    return _estimate(
        (promoters - detractors) / n, (promoters + detractors) / n, n, n, METHOD, confidence, floor
    )


def from_moments(moments: Moments, *, confidence: float = CONFIDENCE, floor: int = FLOOR) -> Estimate:
    """NPS of weighted answers or of customers who answered more than once, at their effective n.

    Args:
        moments: Sums over values that are +1, 0 or -1.
        confidence: The coverage aimed at.
        floor: Below this effective n the estimate is thin.

    Returns:
        An Estimate in points with `effective_n` set where it differs from n.

    Assumptions:
        Weights are known; customers are independent of each other.

    Reference:
        Rocks (2016), see `nps`; Kish (1965) and Cochran (1977), see `Moments`.

    Example:
        >>> from_moments(Moments.of([1, 1, 0, -1])).value
        25.0
    """
    if moments.n == 0 or moments.weight <= 0:
        return Estimate(None, None, None, moments.n, METHOD, is_thin=True)
    extremes = moments.squares / moments.weight
    if moments.is_plain:
        n = moments.n
        return _estimate(moments.mean, extremes, n, n, METHOD, confidence, floor)
    method = f"{METHOD} at the effective n"
    return _estimate(moments.mean, extremes, moments.n, moments.effective_n, method, confidence, floor)


def weighted(
    n: int,
    weight: float,
    weight_squared: float,
    weight_of_promoters: float,
    weight_of_detractors: float,
    *,
    confidence: float = CONFIDENCE,
    floor: int = FLOOR,
) -> Estimate:
    """A weighted NPS, every answer from a customer of its own, at Kish's effective n.

    Args:
        n: How many answers.
        weight: Sum of their weights.
        weight_squared: Sum of the squares of their weights.
        weight_of_promoters: Sum of the weights of answers of 9 and 10.
        weight_of_detractors: Sum of the weights of answers of 0 to 6.
        confidence: The coverage aimed at.
        floor: Below this effective n the estimate is thin.

    Returns:
        An Estimate in points with `effective_n`.

    Assumptions:
        Weights are known and independent of the answer within their group.

    Reference:
        Rocks (2016), see `nps`; Kish, L. (1965). Survey Sampling, section 11.7.

    Example:
        >>> round(weighted(4, 6, 12, 3, 1).value, 1)
        33.3
    """
    if n == 0 or weight <= 0:
        return Estimate(None, None, None, n, METHOD, is_thin=True)
    score = (weight_of_promoters - weight_of_detractors) / weight
    extremes = (weight_of_promoters + weight_of_detractors) / weight
    method = f"{METHOD} at Kish's effective n"
    return _estimate(score, extremes, n, weight**2 / weight_squared, method, confidence, floor)


def change(now: Estimate, before: Estimate, *, confidence: float = CONFIDENCE) -> Change:
    """The difference of two scores with its interval, p-value and verdict.

    Args:
        now: The later score, from `nps`, `weighted` or `from_moments`.
        before: The earlier score, at the same confidence.
        confidence: The confidence of both, and of the difference.

    Returns:
        A Change in points; its p-value is two-sided, by z.

    Assumptions:
        Independent samples, enough answers on both sides for a normal difference.

    Reference:
        Rocks (2016), see `nps`.

    Example:
        >>> found = change(nps(675, 351, 324), nps(540, 360, 300))
        >>> round(found.low, 1), round(found.high, 1), round(found.p_value, 3), found.verdict
        (-0.3, 12.3, 0.064, 'within noise')
    """
    if now.value is None or before.value is None:
        return Change(None, None, None, "too few to say", before, CHANGE_METHOD)
    difference = now.value - before.value
    half = hypot(_half(now), _half(before))
    low, high = difference - half, difference + half
    error = half / z_of(confidence)
    p_value = normal_beyond(difference / error) if error else None
    return Change(difference, low, high, verdict(low, high, now, before), before, CHANGE_METHOD, p_value)


def _half(score: Estimate) -> float:
    """The half-width before the limits were kept within the scale."""
    low, value, high = whole(score) or (0.0, 0.0, 0.0)
    return max(value - low, high - value)


def _estimate(
    score: float, extremes: float, n: int, effective: float, method: str, confidence: float, floor: int
) -> Estimate:
    variance = max(0.0, extremes - score * score)
    kept = None if effective == n else effective
    if variance < 1e-12:
        beyond = 1 - limits(1.0, effective, confidence)[0]
        # Everybody in one group: the rest of the scale is one group away for passives, two for the others.
        low = score - beyond * (1 + score)
        high = score + beyond * (1 - score)
    else:
        half = z_of(confidence) * sqrt(variance / effective)
        low, high = score - half, score + half
    low, high = max(-1.0, low), min(1.0, high)
    return Estimate(100 * score, 100 * low, 100 * high, n, method, kept, is_thin(effective, floor))
