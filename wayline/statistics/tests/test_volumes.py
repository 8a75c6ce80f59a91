import numpy as np
import pytest

from wayline.statistics import volumes
from wayline.statistics.volumes import WEEK


def weeks_of(level: float, weeks: int, seed: int = 1, dispersion: float = 1.0, growth: float = 0.0):
    """Counts with a shape of the day and of the week, as far from Poisson as the dispersion says."""
    rng = np.random.default_rng(seed)
    days = np.tile(rng.gamma(4, 0.25, 7).repeat(24), weeks)
    hours = np.tile(np.sin((np.arange(24) - 6) / 12 * np.pi) + 1.05, 7 * weeks)
    rate = level * days * hours * (1 + growth) ** (np.arange(WEEK * weeks) / WEEK)
    if dispersion > 1:
        rate = rng.gamma(np.maximum(rate / (dispersion - 1), 1e-9), dispersion - 1)
    return rng.poisson(rate)


def test_a_name_that_falls_silent_is_unusual():
    hourly = weeks_of(20, 9)
    hourly[-30:] = 0

    found = volumes.unusual(hourly)

    assert found.is_low
    assert (found.hours, found.observed) == (24, 0)
    assert found.low > 0


def test_a_jump_is_unusual():
    hourly = weeks_of(20, 9)
    hourly[-6:] *= 4

    found = volumes.unusual(hourly)

    assert not found.is_low
    assert found.observed > found.high


def test_a_quiet_night_is_not():
    """Every night is empty, so an empty one says nothing: the fixed threshold that this is not would ring."""
    hourly = np.tile(np.repeat([0, 50], 12), 7 * 9)

    assert volumes.unusual(np.concatenate([hourly, np.zeros(12, int)])) is None


def test_too_short_a_past_says_nothing():
    hourly = weeks_of(20, 3)
    hourly[-30:] = 0

    assert volumes.unusual(hourly) is None
    assert volumes.unusual(np.zeros(WEEK * 9)) is None


def test_the_hours_before_the_first_signal_are_no_past():
    hourly = np.concatenate([np.zeros(WEEK * 6, int), weeks_of(20, 3)])

    assert volumes.unusual(hourly) is None


def test_a_poisson_prediction_is_exact():
    judged = volumes.judge(np.full(WEEK * 9, 1), 24, 8, moments=np.array([WEEK * 9]))

    assert judged.expected[0] == pytest.approx(24 + 0.5 / 8)
    assert judged.below[0] + judged.above[0] > 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dispersion", "growth", "most"), [(1, 0, 0.1), (2, 0.03, 0.1), (5, 0, 1.0)], ids=str
)
def test_steady_streams_raise_few_false_alarms(dispersion, growth, most):
    """The documented rate: alarms in a year of hourly tests of one name, over names of every loudness."""
    names, weeks, alarms = 40, 6, 0
    moments = np.arange(WEEK * 9, WEEK * (9 + weeks) + 1, 2)
    for name in range(names):
        level = 10 ** np.random.default_rng(name).uniform(-1.5, 3)
        hourly = weeks_of(level, 9 + weeks, seed=name, dispersion=dispersion, growth=growth)
        for hours in volumes.WINDOWS:
            judged = volumes.judge(hourly, hours, 8, moments=moments)
            rings = np.minimum(judged.below, judged.above) < volumes.CHANCE
            alarms += rings[0] + np.count_nonzero(rings[1:] & ~rings[:-1])

    assert alarms / (names * weeks / 52) <= most


def test_a_property_that_came_by_chance_is_likely_and_one_that_stays_is_not():
    assert volumes.chance_of_none(before=10, after=10, having=1) == pytest.approx(0.5)
    assert volumes.chance_of_none(before=100, after=20, having=20) < 1e-9
    assert volumes.chance_of_none(before=100, after=20, having=0) == 1.0
