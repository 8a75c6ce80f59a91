"""Products of independent estimates: what many customers times what each is worth comes to."""

from collections.abc import Sequence
from math import exp, hypot, log

from .comparison import whole
from .estimates import Estimate

METHOD = "recovered variances on the logarithm"


def product(factors: Sequence[Estimate]) -> Estimate:
    """The product of independent estimates that cannot be negative, with its interval.

    Each factor's own interval says how far it may lie off, on the logarithm's scale; the distances add as
    independent errors do. Nothing is assumed about the factors' distributions beyond their own intervals.

    Args:
        factors: Estimates in any units; their values and limits are 0 or more.

    Returns:
        An Estimate in the product of the units. n is the smallest of the factors' n, and it is thin when one
        of them is. Its value is None when one of theirs is. A factor whose lower limit is 0 makes the lower
        limit 0; where a value is 0 the upper limit is the product of the upper limits, which is wide.

    Raises:
        ValueError: When there is no factor, or one may be negative.

    Assumptions:
        The factors are estimated independently of each other.

    Reference:
        Zou, G. Y., Huang, W. and Zhang, X. (2009). A note on confidence interval estimation for a linear
        function of binomial proportions. Computational Statistics and Data Analysis 53, 1080-1085 (MOVER),
        applied to the sum of the logarithms.

    Example:
        >>> from wayline.statistics import counts
        >>> lost = counts.rate(50, 2)  # fifty customers in two months
        >>> each = Estimate(100.0, 80.0, 120.0, 1, "entered")
        >>> found = product([lost, each])
        >>> found.value, round(found.low), round(found.high)
        (2500.0, 1765, 3443)
    """
    if not factors:
        raise ValueError("A product needs at least one factor.")
    n = min(factor.n for factor in factors)
    bounds = [whole(factor) for factor in factors]
    known = [each for each in bounds if each is not None]
    if len(known) < len(bounds):
        return Estimate(None, None, None, n, METHOD, is_thin=True)
    if any(low < 0 for low, _, _ in known):
        raise ValueError("Only what cannot be negative is multiplied.")
    value, low, high = 1.0, 1.0, 1.0
    for least, middle, most in known:
        value, low, high = value * middle, low * least, high * most
    if value > 0:
        high = exp(log(value) + hypot(*(log(most / middle) for _, middle, most in known)))
        if low > 0:
            low = exp(log(value) - hypot(*(log(middle / least) for least, middle, _ in known)))
    return Estimate(value, low, high, n, METHOD, is_thin=any(factor.is_thin for factor in factors))
