"""Chance with a rhythm: draws whose averages are set while the individual outcome stays open."""

from collections.abc import Callable, Mapping

import numpy as np
from scipy.special import ndtri

MINUTE, HOUR, DAY = 60, 3600, 86_400
# Shares of a day's activity by hour, and of a week's by weekday, Monday first.
BY_HOUR = np.array(
    [2, 1, 1, 1, 1, 2, 5, 11, 22, 30, 33, 30, 24, 28, 32, 31, 27, 22, 17, 16, 15, 12, 8, 4], float
)
BY_WEEKDAY = np.array([1.15, 1.2, 1.15, 1.1, 1.0, 0.55, 0.6])


def pick(rng: np.random.Generator, shares: Mapping[str, float], n: int) -> np.ndarray:
    """n values in these shares."""
    return rng.choice(np.array(list(shares), object), n, p=np.array(list(shares.values())))


def moments(
    rng: np.random.Generator, n: int, *, now: int, first_days_ago: float, last_days_ago: float = 0
) -> np.ndarray:
    """n moments between two days, with the rhythm of the week and of the day."""
    days_ago = np.arange(int(last_days_ago), int(first_days_ago))
    midnight = now - now % DAY
    days = midnight // DAY - days_ago
    weights = BY_WEEKDAY[(days + 3) % 7]  # 1 January 1970 was a Thursday
    day = rng.choice(days, n, p=weights / weights.sum())
    return np.minimum(day * DAY + time_of_day(rng, n), now - 1 - rng.integers(0, HOUR, n))


def time_of_day(rng: np.random.Generator, n: int) -> np.ndarray:
    """Seconds after midnight, most of them in waking hours."""
    hours = rng.choice(24, n, p=BY_HOUR / BY_HOUR.sum())
    return hours * HOUR + rng.integers(0, HOUR, n)


def wakeful(rng: np.random.Generator, at: np.ndarray) -> np.ndarray:
    """The same days, at hours when people are about."""
    return at - at % DAY + time_of_day(rng, len(at))


def evenly(rng: np.random.Generator, groups: np.ndarray) -> np.ndarray:
    """Standard normal draws, spread so evenly within each group that its quantiles come out as meant."""
    drawn = np.empty(len(groups))
    for group in np.unique(groups):
        members = groups == group
        n = members.sum()
        drawn[members] = ndtri((rng.permutation(n) + rng.random(n)) / n)
    return drawn


def lasting(
    rng: np.random.Generator, n: int, *, median: float | np.ndarray, spread: float, longest: float
) -> np.ndarray:
    """Durations in whole seconds, most near the median (in seconds too) and a few much longer."""
    return np.clip(median * np.exp(rng.normal(0, spread, n)), 20, longest).astype(np.int64)


def happens(
    rng: np.random.Generator, pull: np.ndarray, share: float | np.ndarray, *, since: np.ndarray | None = None
) -> np.ndarray:
    """Whether it happens to each: more likely the stronger the pull, and to this share of them all in all.

    With moments in `since` the share holds in every stretch of time, as nearly as whole people allow.
    """
    if not len(pull):
        return np.zeros(0, bool)
    shift = solve(lambda shift: float(np.mean(1 / (1 + np.exp(-(pull + shift)))) - np.mean(share)))
    chance = 1 / (1 + np.exp(-(pull + shift)))
    if since is None:
        return rng.random(len(pull)) < chance
    # Systematic sampling: walking through time, one is drawn whenever the summed chances pass a whole number.
    order = np.argsort(since, kind="stable")
    passed = np.floor(np.cumsum(chance[order]) + rng.random())
    drawn = np.zeros(len(pull), bool)
    drawn[order] = np.diff(passed, prepend=0) > 0
    return drawn


def solve(rises: Callable[[float], float], low: float = -25.0, high: float = 25.0) -> float:
    """Where a rising function crosses zero."""
    for _ in range(48):
        middle = (low + high) / 2
        low, high = (middle, high) if rises(middle) < 0 else (low, middle)
    return (low + high) / 2


def rated(
    rng: np.random.Generator, feeling: np.ndarray, *, low: int, high: int, goal: Callable[[np.ndarray], float]
) -> np.ndarray:
    """Whole scores that follow the feeling, shifted together until goal(scores) crosses zero."""
    if not len(feeling):
        return np.zeros(0)
    noisy = feeling + rng.normal(0, 0.55, len(feeling)) * (high - low) / 6

    def scores(shift: float) -> np.ndarray:
        return np.clip(np.rint(noisy + shift), low, high)

    return scores(solve(lambda shift: goal(scores(shift))))
