import numpy as np
import pytest

from wayline.statistics import drift


def alarms(before: float, since: float, *, n: int, weekly: int, runs: int, seed: int) -> float:
    """The share of simulated quarters in which any of the thirteen weekly looks at two shares alarms."""
    chance = np.random.default_rng(seed)
    found = 0
    for _ in range(runs):
        rang = False
        for _ in range(2):
            first = int(chance.binomial(n, before))
            weeks = chance.binomial(weekly, since, size=drift.LOOKS).cumsum()
            for week, left in enumerate(weeks, start=1):
                rang |= drift.drift((first, n), (int(left), week * weekly), shares=2).is_alarm
        found += rang
    return found / runs


@pytest.mark.parametrize(("share", "n", "weekly"), [(0.3, 500, 40), (0.05, 300, 30), (0.9, 2000, 150)])
def test_without_drift_few_quarters_ring(share, n, weekly):
    rate = alarms(share, share, n=n, weekly=weekly, runs=40, seed=7)

    assert rate <= drift.LEVEL + 0.075  # 40 quarters: the slow test below measures closely


@pytest.mark.slow
@pytest.mark.parametrize(("share", "n", "weekly"), [(0.3, 500, 40), (0.05, 300, 30), (0.9, 2000, 150)])
def test_the_false_alarms_are_as_few_as_the_page_says(share, n, weekly):
    rate = alarms(share, share, n=n, weekly=weekly, runs=700, seed=3)

    assert rate <= drift.LEVEL
    assert rate == pytest.approx(drift.MEASURED, abs=0.015)


def test_real_drift_is_found():
    assert alarms(0.3, 0.45, n=500, weekly=40, runs=30, seed=5) > 0.9


def test_too_few_customers_say_nothing():
    found = drift.drift((3, 10), (9, 10))

    assert found.p_value is None
    assert not found.is_alarm


def test_equal_shares_at_the_edge_are_no_alarm():
    assert not drift.drift((100, 100), (100, 100)).is_alarm


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="a look"):
        drift.drift((1, 2), (1, 2), looks=0)
