"""Many comparisons at once: how sure one must be of each, so that all of them together do not mislead."""

from collections.abc import Sequence

import numpy as np

from .comparison import Limits, z_of
from .tails import normal_beyond

METHOD = "Holm"


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p values, in the order given.

    An adjusted value below 0.05 may be called; the chance that any one of those called is a mere accident
    then stays below 5 %, however the comparisons hang together.

    Args:
        p_values: One for each comparison that was made, also for those that showed nothing.

    Returns:
        As many adjusted values, each at least the one given and at most 1.

    Raises:
        ValueError: When a value lies outside 0 to 1.

    Assumptions:
        None about how the comparisons depend on each other.

    Reference:
        Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of
        Statistics 6, 65-70.

    Example:
        >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
        [0.03, 0.06, 0.06]
    """
    given = np.asarray(p_values, float)
    if given.size and not ((given >= 0) & (given <= 1)).all():
        raise ValueError("A p value lies between 0 and 1.")
    order = np.argsort(given, kind="stable")
    raised = np.maximum.accumulate(given[order] * np.arange(given.size, 0, -1))
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(raised, 1)
    return [float(each) for each in adjusted]


def p_of(limits: Limits) -> float:
    """The two-sided p value that goes with an interval of a difference.

    The distance from the difference to the limit on zero's side is taken as so many standard errors as the
    interval's confidence says, so that p is below 0.05 exactly when the 95 % interval leaves out zero.

    Args:
        limits: A difference with its 95 % interval.

    Returns:
        Between 0 and 1; 1 when there is no difference.

    Assumptions:
        The estimate is near normal at the scale of its interval. For small samples take the p value as an
        order of magnitude.

    Reference:
        Altman, D. G. and Bland, J. M. (2011). How to obtain the P value from a confidence interval. BMJ 343,
        d2304, with the nearer limit of an interval that need not be symmetric.

    Example:
        >>> round(p_of(Limits(0.10, 0.0, 0.20)), 3)
        0.05
    """
    if limits.difference == 0:
        return 1.0
    toward_zero = limits.difference - limits.low if limits.difference > 0 else limits.high - limits.difference
    if toward_zero <= 0:
        return 0.0
    standard_error = toward_zero / z_of()
    return normal_beyond(limits.difference / standard_error)
