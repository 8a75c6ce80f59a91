import pytest

from wayline.metrics import readable
from wayline.metrics.catalog import METRICS
from wayline.metrics.questions import Row
from wayline.statistics import quantiles

WAITS = METRICS["response_time_median"]


@pytest.mark.parametrize(
    ("seconds", "unit", "value"), [(50, "sec", 50), (300, "min", 5), (10_800, "h", 3), (432_000, "d", 5)]
)
def test_durations_are_drawn_in_the_unit_that_suits_the_longest(seconds, unit, value):
    row = Row((), quantiles.quantile([seconds] * 40, 0.5))

    shown = readable.of(WAITS, [row], goal=float(seconds))

    assert (shown.unit, shown.rows[0].estimate.value, shown.goal) == (unit, value, value)


def test_changes_are_drawn_in_the_same_unit():
    now, before = quantiles.quantile([10_800] * 40, 0.5), quantiles.quantile([7_200] * 40, 0.5)

    shown = readable.of(WAITS, [Row((), now, WAITS.change(now, before))], goal=None).rows[0].change

    assert (shown.difference, shown.before.value, shown.verdict) == (1.0, 2.0, "up")


def test_what_is_no_duration_stays_as_it_is():
    row = Row((), quantiles.quantile([1] * 40, 0.5))

    assert readable.of(METRICS["nps"], [row], goal=30).rows == [row]
