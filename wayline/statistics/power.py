"""How much must change, or how many must answer, before a change can be told from noise."""

from math import ceil, sqrt

from scipy import optimize

from .comparison import CONFIDENCE, z_of
from .tails import normal_quantile

POWER = 0.8  # Cohen's convention: overlooking a change is four times as bearable as inventing one
NPS_VARIANCE = 0.55  # of the -1/0/+1 score; 1 at most, often between 0.5 and 0.7


def n_for_proportions(
    before: float, now: float, *, power: float = POWER, confidence: float = CONFIDENCE
) -> int:
    """How many answers each period needs to tell two shares apart.

    Args:
        before: The share now known, 0 to 1.
        now: The share hoped for, 0 to 1.
        power: The chance of seeing the change when it is real.
        confidence: One minus the chance of seeing a change that is not.

    Returns:
        The number of answers in each of the two periods.

    Raises:
        ValueError: When the shares are equal or outside 0 to 1.

    Assumptions:
        Two equally large independent samples, a two-sided test with the pooled variance.

    Reference:
        Fleiss, J. L., Levin, B. and Paik, M. C. (2003). Statistical Methods for Rates and Proportions,
        section 4.2, without continuity correction.

    Example:
        >>> n_for_proportions(0.55, 0.78)
        65
    """
    if not (0 <= before <= 1 and 0 <= now <= 1):
        raise ValueError("Shares lie between 0 and 1.")
    if before == now:
        raise ValueError("Two equal shares cannot be told apart.")
    middle = (before + now) / 2
    error = z_of(confidence) * sqrt(2 * middle * (1 - middle))
    miss = _z_of_power(power) * sqrt(before * (1 - before) + now * (1 - now))
    return ceil(((error + miss) / (now - before)) ** 2)


def detectable_proportion(
    share: float, n: float, *, power: float = POWER, confidence: float = CONFIDENCE
) -> float | None:
    """The smallest change of a share that n answers in each period would show.

    Args:
        share: The share now known, 0 to 1.
        n: The number of answers in each period, effective where weighted.
        power: The chance of seeing the change when it is real.
        confidence: One minus the chance of seeing a change that is not.

    Returns:
        The size of a rise, or of a fall where the share is above 0.6; None when no change would show.

    Raises:
        ValueError: When the share is outside 0 to 1.

    Assumptions:
        As for `n_for_proportions`.

    Reference:
        As for `n_for_proportions`.

    Example:
        >>> round(detectable_proportion(0.55, 4290), 3)
        0.03
    """
    if not 0 <= share <= 1:
        raise ValueError("A share lies between 0 and 1.")
    if n <= 1:
        return None
    z, z_power = z_of(confidence), _z_of_power(power)
    # A share near the top has little room to rise, and what people ask is whether it fell.
    towards = 1 if share < 0.6 else -1

    def beyond(change: float) -> float:
        now = share + towards * change
        middle = (share + now) / 2
        error = z * sqrt(2 * middle * (1 - middle)) + z_power * sqrt(share * (1 - share) + now * (1 - now))
        return change * sqrt(n) - error

    room = 1 - share if towards > 0 else share
    if beyond(room) < 0:
        return None
    return float(optimize.brentq(beyond, 1e-9, room))


def n_for_nps_margin(margin: float, *, variance: float = NPS_VARIANCE, confidence: float = CONFIDENCE) -> int:
    """How many answers each period needs for an NPS difference with this margin.

    Args:
        margin: Half the width of the difference's interval, in points.
        variance: Of the -1/0/+1 score, the same in both periods.
        confidence: The coverage aimed at.

    Returns:
        The number of answers in each of the two periods.

    Raises:
        ValueError: When margin or variance is not positive.

    Assumptions:
        Two equally large independent samples.

    Reference:
        Rocks, B. (2016). Interval estimation for the Net Promoter Score. The American Statistician 70,
        365-372.

    Example:
        >>> n_for_nps_margin(5)
        1691
    """
    if margin <= 0 or variance <= 0:
        raise ValueError("Margin and variance are positive.")
    return ceil(2 * variance * (100 * z_of(confidence) / margin) ** 2)


def detectable_nps(
    n: float, *, variance: float = NPS_VARIANCE, power: float = POWER, confidence: float = CONFIDENCE
) -> float | None:
    """The smallest change of NPS that n answers in each period would show.

    Args:
        n: The number of answers in each period, effective where weighted.
        variance: Of the -1/0/+1 score.
        power: The chance of seeing the change when it is real.
        confidence: One minus the chance of seeing a change that is not.

    Returns:
        The change in points, or None when there are no answers.

    Assumptions:
        Two equally large independent samples with this variance.

    Reference:
        Rocks (2016), see `n_for_nps_margin`.

    Example:
        >>> round(detectable_nps(1_000), 1)
        9.3
    """
    return detectable_mean(n, sqrt(variance) * 100, power=power, confidence=confidence)


def detectable_mean(
    n: float, deviation: float, *, power: float = POWER, confidence: float = CONFIDENCE
) -> float | None:
    """The smallest change of a mean that n values in each period would show.

    Args:
        n: The number of values in each period, effective where weighted.
        deviation: The standard deviation of one value.
        power: The chance of seeing the change when it is real.
        confidence: One minus the chance of seeing a change that is not.

    Returns:
        The change in the unit of the deviation, or None when there are fewer than two values.

    Assumptions:
        Two equally large independent samples, enough of them for a normal difference.

    Reference:
        Cohen, J. (1988). Statistical Power Analysis for the Behavioral Sciences, chapter 2.

    Example:
        >>> round(detectable_mean(200, 1.2), 2)
        0.34
    """
    if n <= 1:
        return None
    return (z_of(confidence) + _z_of_power(power)) * deviation * sqrt(2 / n)


def _z_of_power(power: float) -> float:
    if not 0 < power < 1:
        raise ValueError(f"Power lies between 0 and 1, not at {power}.")
    return normal_quantile(power)
