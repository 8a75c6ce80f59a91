import pytest
from statsmodels.stats.rates import confint_poisson

from wayline.statistics import counts


@pytest.mark.parametrize("total", [0, 1, 10, 250])
def test_garwood_agrees_with_statsmodels(total):
    low, high = confint_poisson(total, 1, method="exact-c")

    ours = counts.count(total)

    assert (ours.low, ours.high) == (pytest.approx(max(0, low)), pytest.approx(high))


def test_a_rate_carries_the_count_as_its_n():
    contacts = counts.rate(50, 1000)

    assert (contacts.value, contacts.n) == (0.05, 50)


def test_customers_who_count_many_times_widen_the_interval():
    plain, clustered = counts.count(100), counts.count(100, total_of_squares=400)

    assert clustered.effective_n == 25
    assert clustered.is_thin
    assert clustered.high - clustered.low == pytest.approx(4 * (counts.count(25).high - counts.count(25).low))
    assert clustered.high - clustered.low > plain.high - plain.low


def test_a_third_more_of_many_is_real_and_of_few_is_not():
    assert counts.change(counts.count(400), counts.count(300)).verdict == "up"
    assert counts.change(counts.count(40), counts.count(32)).verdict == "within noise"
    assert counts.change(counts.count(8), counts.count(2)).verdict == "too few to say"


def test_nobody_to_count_among_is_nothing_to_say():
    assert counts.rate(0, 0).value is None


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="negative"):
        counts.count(-1)
    with pytest.raises(ValueError, match="squares"):
        counts.count(10, total_of_squares=5)
