"""Means: t intervals, Welch differences, and a seeded bootstrap for what neither fits."""

from collections.abc import Callable, Sequence
from functools import partial
from math import sqrt

import numpy as np

from .comparison import CONFIDENCE, FLOOR, compare, difference_of, is_thin, verdict, whole
from .estimates import Change, Estimate
from .moments import Moments
from .proportions import limits
from .tails import t_beyond, t_quantile

METHOD = "t interval"
CHANGE_METHOD = "Welch's t interval of the difference"


def mean(
    n: int,
    total: float,
    total_of_squares: float,
    *,
    bounds: tuple[float, float] | None = None,
    confidence: float = CONFIDENCE,
    floor: int = FLOOR,
) -> Estimate:
    """A mean with its t interval, from three sums.

    Args:
        n: How many values.
        total: Their sum.
        total_of_squares: The sum of their squares.
        bounds: The ends of the scale, when there is one; limits are kept within.
        confidence: The coverage aimed at.
        floor: Below this n the estimate is thin.

    Returns:
        An Estimate. One value alone has no limits unless the scale gives them.

    Raises:
        ValueError: When n is negative or the squares are less than the sum allows.

    Assumptions:
        Independent values, nearly normal or many. Where all values are equal on a bounded scale the t
        interval has no width; then Wilson's limit of the share of that value is used, with the rest taken to
        lie at the far end.

    Reference:
        Student (1908). The probable error of a mean. Biometrika 6, 1-25.

    Example:
        >>> score = mean(4, 16, 66)
        >>> score.value, round(score.low, 2), round(score.high, 2)
        (4.0, 2.7, 5.3)
    """
    if n < 0:
        raise ValueError("n cannot be negative.")
    if n == 0:
        return Estimate(None, None, None, 0, METHOD, is_thin=True)
    centre = total / n
    spread = total_of_squares / n - centre**2
    # Rounding alone may bring it a little below zero.
    if spread < -1e-6 * max(1.0, centre**2):
        raise ValueError("The sum of squares is smaller than the sum allows.")
    return _estimate(centre, max(0.0, spread), n, float(n), bounds, METHOD, confidence, floor)


def from_moments(
    moments: Moments,
    *,
    bounds: tuple[float, float] | None = None,
    confidence: float = CONFIDENCE,
    floor: int = FLOOR,
) -> Estimate:
    """A mean of weighted values or of customers who gave more than one, at their effective n.

    Args:
        moments: Sums over the values.
        bounds: The ends of the scale, when there is one.
        confidence: The coverage aimed at.
        floor: Below this effective n the estimate is thin.

    Returns:
        An Estimate with `effective_n` set where it differs from n.

    Assumptions:
        Weights are known; customers are independent of each other.

    Reference:
        Kish (1965) and Cochran (1977), see `Moments`.

    Example:
        >>> from_moments(Moments.of([1, 5], weights=[1, 3]), bounds=(1, 5)).value
        4.0
    """
    if moments.n == 0 or moments.weight <= 0:
        return Estimate(None, None, None, moments.n, METHOD, is_thin=True)
    if moments.is_plain:
        n, method = float(moments.n), METHOD
    else:
        n, method = moments.effective_n, f"{METHOD} at the effective n"
    return _estimate(moments.mean, moments.variance, moments.n, n, bounds, method, confidence, floor)


def weighted(
    n: int,
    weight: float,
    weight_squared: float,
    total: float,
    total_of_squares: float,
    *,
    bounds: tuple[float, float] | None = None,
    confidence: float = CONFIDENCE,
    floor: int = FLOOR,
) -> Estimate:
    """A weighted mean, every value from a customer of its own, with a t interval at Kish's effective n.

    Args:
        n: How many values.
        weight: Sum of their weights.
        weight_squared: Sum of the squares of their weights.
        total: Sum of weight times value.
        total_of_squares: Sum of weight times value squared.
        bounds: The ends of the scale, when there is one.
        confidence: The coverage aimed at.
        floor: Below this effective n the estimate is thin.

    Returns:
        An Estimate with `effective_n`.

    Assumptions:
        Weights are known and independent of the value within their group.

    Reference:
        Kish, L. (1965). Survey Sampling, section 11.7.

    Example:
        >>> round(weighted(40, 60, 120, 240, 1000).value, 1)
        4.0
    """
    if n == 0 or weight <= 0:
        return Estimate(None, None, None, n, METHOD, is_thin=True)
    centre = total / weight
    spread = max(0.0, total_of_squares / weight - centre**2)
    method = f"{METHOD} at Kish's effective n"
    return _estimate(centre, spread, n, weight**2 / weight_squared, bounds, method, confidence, floor)


def change(now: Estimate, before: Estimate, *, confidence: float = CONFIDENCE) -> Change:
    """The difference of two means by Welch's t, with its interval, p-value and verdict.

    Args:
        now: The later mean, from `mean`, `weighted` or `from_moments`.
        before: The earlier mean, at the same confidence.
        confidence: The confidence of both, and of the difference.

    Returns:
        A Change in the unit of the means.

    Assumptions:
        Independent samples; variances may differ. The standard errors are read back from the t intervals.

    Reference:
        Welch, B. L. (1947). The generalization of Student's problem when several different population
        variances are involved. Biometrika 34, 28-35.

    Example:
        >>> now = mean(100, 420, 1864)
        >>> before = mean(100, 390, 1621)
        >>> change(now, before).verdict
        'up'
    """
    difference = difference_of(now, before)
    if difference is None or whole(now) is None or whole(before) is None:
        return Change(difference, None, None, "too few to say", before, CHANGE_METHOD)
    sides = [(_error(side, confidence), side.effective_n or side.n) for side in (now, before)]
    variance = sum(error**2 for error, _ in sides)
    degrees = sum(error**4 / (n - 1) for error, n in sides if n > 1)
    if variance == 0 or degrees == 0:
        return compare(now, before, CHANGE_METHOD)
    freedom = variance**2 / degrees
    error = sqrt(variance)
    half = error * t_quantile(0.5 + confidence / 2, freedom)
    low, high = difference - half, difference + half
    p_value = t_beyond(difference / error, freedom)
    return Change(difference, low, high, verdict(low, high, now, before), before, CHANGE_METHOD, p_value)


def bootstrap(
    values: Sequence[float],
    statistic: Callable[[np.ndarray], np.ndarray] = lambda drawn: drawn.mean(axis=-1),
    *,
    weights: Sequence[float] | None = None,
    draws: int = 2_000,
    seed: int = 2_026,
    confidence: float = CONFIDENCE,
    floor: int = FLOOR,
) -> Estimate:
    """A statistic with its percentile bootstrap interval; the same seed gives the same interval.

    Args:
        values: The observed values.
        statistic: From an array of samples (one a row) to one number a row; the mean when left out.
        weights: Chances of being drawn, in proportion; equal when left out.
        draws: How many samples are drawn.
        seed: Where the random numbers start.
        confidence: The coverage aimed at.
        floor: Below this n the estimate is thin.

    Returns:
        An Estimate.

    Raises:
        ValueError: When weights and values are not equally many.

    Assumptions:
        Independent values. The interval is too narrow for fewer than about 30 of them.

    Reference:
        Efron, B. and Tibshirani, R. J. (1993). An Introduction to the Bootstrap, chapter 13.

    Example:
        >>> first, second = bootstrap([1, 2, 3, 4, 5] * 10), bootstrap([1, 2, 3, 4, 5] * 10)
        >>> first == second, first.value
        (True, 3.0)
    """
    observed = np.asarray(values, dtype=float)
    n = observed.size
    method = f"percentile bootstrap, {draws} draws"
    if n == 0:
        return Estimate(None, None, None, 0, method, is_thin=True)
    chances, effective = None, None
    if weights is not None:
        if len(weights) != n:
            raise ValueError("Values and weights must be equally many.")
        chances = np.asarray(weights, dtype=float)
        effective = float(chances.sum() ** 2 / (chances**2).sum())
        chances = chances / chances.sum()
    # As many as there are independent answers: n draws of weighted ones would make the interval too narrow.
    results = _drawn(observed, statistic, chances, draws, seed, round(effective or n))
    low, high = np.quantile(results, [0.5 - confidence / 2, 0.5 + confidence / 2])
    value = statistic(observed[None, :])[0] if chances is None else float(np.mean(results))
    thin = is_thin(effective or n, floor)
    return Estimate(float(value), float(low), float(high), n, method, effective, thin)


def bootstrap_change(
    now: Sequence[float],
    before: Sequence[float],
    statistic: Callable[[np.ndarray], np.ndarray] = lambda drawn: drawn.mean(axis=-1),
    *,
    draws: int = 2_000,
    seed: int = 2_026,
    confidence: float = CONFIDENCE,
    floor: int = FLOOR,
) -> Change:
    """The difference of a statistic between two samples, with its percentile bootstrap interval.

    Args:
        now: The later values.
        before: The earlier values.
        statistic: From an array of samples (one a row) to one number a row; the mean when left out.
        draws: How many pairs of samples are drawn.
        seed: Where the random numbers start.
        confidence: The coverage aimed at.
        floor: Below this n on either side nothing is called.

    Returns:
        A Change.

    Assumptions:
        Two independent samples of independent values.

    Reference:
        Efron and Tibshirani (1993), chapter 16.

    Example:
        >>> bootstrap_change([4, 5] * 40, [3, 4] * 40).verdict
        'up'
    """
    again = partial(bootstrap, statistic=statistic, draws=draws, confidence=confidence, floor=floor)
    later, earlier = again(now, seed=seed), again(before, seed=seed + 1)
    if later.value is None or earlier.value is None:
        return Change(None, None, None, "too few to say", earlier, later.method)
    first = _drawn(np.asarray(now, dtype=float), statistic, None, draws, seed, len(now))
    # Another seed, or both samples would be drawn alike and their difference would hardly vary.
    second = _drawn(np.asarray(before, dtype=float), statistic, None, draws, seed + 1, len(before))
    low, high = (float(x) for x in np.quantile(first - second, [0.5 - confidence / 2, 0.5 + confidence / 2]))
    difference = later.value - earlier.value
    return Change(difference, low, high, verdict(low, high, later, earlier), earlier, later.method)


def _drawn(observed, statistic, chances, draws, seed, size) -> np.ndarray:
    """The statistic of every drawn sample, a few thousand values at a time so that memory stays small."""
    random = np.random.default_rng(seed)
    rows = max(1, min(draws, 4_000_000 // max(1, size)))
    results = []
    for begin in range(0, draws, rows):
        count = min(rows, draws - begin)
        if chances is None:
            sample = observed[random.integers(0, observed.size, size=(count, size))]
        else:
            sample = random.choice(observed, size=(count, size), p=chances)
        results.append(statistic(sample))
    return np.concatenate(results)


def _error(side: Estimate, confidence: float) -> float:
    """The standard error, read back from the limit that the scale's end did not cut."""
    low, value, high = whole(side) or (0.0, 0.0, 0.0)
    half = max(value - low, high - value)
    n = side.effective_n or side.n
    return half / t_quantile(0.5 + confidence / 2, n - 1) if n > 1 else half


def _estimate(centre, spread, n, effective, bounds, method, confidence, floor) -> Estimate:
    kept = None if effective == n else effective
    thin = is_thin(effective, floor)
    if effective <= 1:
        low, high = bounds or (None, None)
        return Estimate(centre, low, high, n, method, kept, thin)
    # All answers are the same. The spread says nothing then, and the scale's ends bound what was not heard.
    if spread < 1e-12 * max(1.0, centre**2) and bounds:
        beyond = 1 - limits(1.0, effective, confidence)[0]
        low = centre - beyond * (centre - bounds[0])
        high = centre + beyond * (bounds[1] - centre)
        return Estimate(centre, low, high, n, method, kept, thin)
    # The spread was divided by n; the sample's n - 1 comes in here.
    error = sqrt(spread / (effective - 1))
    half = error * t_quantile(0.5 + confidence / 2, effective - 1)
    low, high = centre - half, centre + half
    if bounds:
        low, high = max(bounds[0], low), min(bounds[1], high)
    return Estimate(centre, low, high, n, method, kept, thin)
