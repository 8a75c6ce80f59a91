import numpy as np
import pytest
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from wayline.statistics import means
from wayline.statistics.moments import Moments

RANDOM = np.random.default_rng(7)
NOW = RANDOM.normal(4.2, 0.8, 140)
BEFORE = RANDOM.normal(4.0, 1.3, 90)


def of(values):
    return means.mean(len(values), float(values.sum()), float((values**2).sum()))


def test_the_t_interval_agrees_with_statsmodels():
    low, high = DescrStatsW(NOW).tconfint_mean()

    ours = of(NOW)

    assert (ours.low, ours.high) == (pytest.approx(low), pytest.approx(high))


def test_welch_agrees_with_statsmodels():
    theirs = CompareMeans(DescrStatsW(NOW), DescrStatsW(BEFORE))
    low, high = theirs.tconfint_diff(usevar="unequal")

    ours = means.change(of(NOW), of(BEFORE))

    assert (ours.low, ours.high) == (pytest.approx(low), pytest.approx(high))
    assert ours.p_value == pytest.approx(theirs.ttest_ind(usevar="unequal")[1])


def test_a_mean_on_a_scale_keeps_its_limits_on_the_scale():
    score = means.mean(30, 148, 732, bounds=(1, 5))

    assert score.high == 5
    assert 4.8 < score.low < score.value


def test_forty_equal_scores_still_leave_doubt():
    score = means.mean(40, 200, 1000, bounds=(1, 5))

    assert score.value == score.high == 5
    assert score.low == pytest.approx(4.65, abs=0.01)


def test_one_value_alone_has_no_limits():
    alone = means.mean(1, 4, 16)

    assert (alone.value, alone.low, alone.high, alone.is_thin) == (4, None, None, True)
    assert means.change(alone, of(NOW)).verdict == "too few to say"


def test_no_values_have_nothing_to_say():
    assert means.mean(0, 0, 0).value is None
    assert means.change(of(NOW), means.mean(0, 0, 0)).difference is None


def test_equal_weights_change_nothing():
    weighted = means.weighted(140, 280, 560, float(2 * NOW.sum()), float(2 * (NOW**2).sum()))

    plain = of(NOW)

    assert (weighted.value, weighted.low) == pytest.approx((plain.value, plain.low))
    assert weighted.effective_n is None


def test_unequal_weights_are_worth_fewer_answers():
    score = means.from_moments(Moments.of([5, 1] * 50, weights=[3, 1] * 50), bounds=(1, 5))

    assert (score.value, score.effective_n) == (4.0, pytest.approx(80))


def test_squares_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="smaller than the sum allows"):
        means.mean(10, 100, 10)


def test_the_bootstrap_is_the_same_each_time_and_near_the_t_interval():
    first, second = means.bootstrap(NOW), means.bootstrap(NOW)

    assert first == second
    assert (first.low, first.high) == pytest.approx((of(NOW).low, of(NOW).high), abs=0.03)


def test_the_bootstrap_of_a_median_needs_no_formula():
    found = means.bootstrap(NOW, lambda drawn: np.median(drawn, axis=-1))

    assert found.low < np.median(NOW) == found.value < found.high


def test_the_bootstrap_respects_weights():
    found = means.bootstrap([1.0, 5.0] * 40, weights=[1.0, 3.0] * 40)

    assert found.value == pytest.approx(4.0, abs=0.05)
    assert found.effective_n == pytest.approx(64)


def test_the_bootstrap_tells_a_real_difference():
    assert means.bootstrap_change(NOW + 1, BEFORE).verdict == "up"
    assert means.bootstrap_change(NOW, []).verdict == "too few to say"
