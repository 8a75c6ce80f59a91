import pytest
from scipy import stats

from wayline.statistics import quantiles


def test_a_median_and_its_limits_are_observed_values():
    wait = quantiles.quantile(list(range(1, 101)), 0.5)

    assert (wait.value, wait.low, wait.high, wait.n, wait.is_thin) == (50, 40, 61, 100, False)


@pytest.mark.parametrize("q", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("n", [60, 101, 1000])
def test_the_ranks_cover_at_least_what_they_promise(n, q):
    low, middle, high = quantiles.ranks(n, q)

    assert low <= middle <= high
    assert stats.binom.cdf(high - 1, n, q) - stats.binom.cdf(low - 1, n, q) >= 0.95


def test_a_p90_of_few_values_has_no_upper_limit_and_is_thin():
    wait = quantiles.quantile(list(range(32)), 0.9)

    assert (wait.high, wait.is_thin) == (31, True)


def test_fetched_ranks_give_the_same_as_all_values():
    values = sorted((number * 37) % 211 for number in range(200))
    asked = {rank: values[rank - 1] for rank in quantiles.ranks(200, 0.9)}

    assert quantiles.from_ranks(asked.__getitem__, 200, 0.9) == quantiles.quantile(values, 0.9)


def test_counted_scores_give_the_same_as_all_values():
    values = [1] * 20 + [4] * 20 + [5] * 60

    assert quantiles.of_counts({5: 60, 1: 20, 4: 20}, 0.25) == quantiles.quantile(values, 0.25)


def test_medians_far_apart_differ_and_near_ones_do_not():
    early, late = quantiles.quantile(range(100), 0.5), quantiles.quantile(range(60, 160), 0.5)

    assert quantiles.change(late, early).verdict == "up"
    assert quantiles.change(early, quantiles.quantile(range(5, 105), 0.5)).verdict == "within noise"


def test_no_values_have_nothing_to_say():
    assert quantiles.quantile([], 0.5).value is None
    assert quantiles.of_counts({}, 0.5).n == 0


def test_a_quantile_outside_the_values_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantiles.ranks(10, 1)
