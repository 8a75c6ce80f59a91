import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from wayline.statistics import proportions
from wayline.statistics.moments import Moments


def test_forty_five_percent_of_forty_lies_between_31_and_60():
    share = proportions.wilson(18, 40)

    assert (share.value, round(share.low, 2), round(share.high, 2)) == (0.45, 0.31, 0.60)


def test_395_of_500_does_not_break_a_promise_of_80_percent():
    solved = proportions.wilson(395, 500)

    assert (round(solved.low, 3), round(solved.high, 3)) == (0.752, 0.823)
    assert solved.low < 0.80 < solved.high


@pytest.mark.parametrize(("successes", "n"), [(0, 1), (1, 1), (0, 40), (40, 40), (7, 33), (1, 5000)])
def test_wilson_agrees_with_statsmodels(successes, n):
    low, high = proportion_confint(successes, n, method="wilson")

    ours = proportions.wilson(successes, n)

    assert (ours.low, ours.high) == (
        pytest.approx(max(low, 0), abs=1e-9),
        pytest.approx(min(high, 1), abs=1e-9),
    )


@pytest.mark.parametrize("counts", [(56, 70, 48, 80), (9, 10, 3, 10), (10, 10, 0, 20), (5, 56, 0, 29)])
def test_newcombe_agrees_with_statsmodels(counts):
    low, high = confint_proportions_2indep(*counts, method="newcomb", compare="diff")

    ours = proportions.change(proportions.wilson(*counts[:2]), proportions.wilson(*counts[2:]))

    assert (ours.low, ours.high) == (pytest.approx(low, abs=1e-6), pytest.approx(high, abs=1e-6))


def test_no_answers_have_nothing_to_say():
    nothing = proportions.wilson(0, 0)

    assert (nothing.value, nothing.low, nothing.high, nothing.n, nothing.is_thin) == (
        None,
        None,
        None,
        0,
        True,
    )
    assert proportions.change(proportions.wilson(5, 50), nothing).verdict == "too few to say"


def test_twenty_nine_answers_are_too_few_and_thirty_are_enough():
    assert proportions.wilson(10, 29).is_thin
    assert not proportions.wilson(10, 30).is_thin
    assert (
        proportions.change(proportions.wilson(29, 29), proportions.wilson(0, 29)).verdict == "too few to say"
    )


def test_equal_weights_change_nothing():
    plain = proportions.wilson(18, 40)

    weighted = proportions.weighted(40, 120.0, 360.0, 54.0)

    assert (weighted.value, weighted.effective_n) == (0.45, None)
    assert (weighted.low, weighted.high) == (pytest.approx(plain.low), pytest.approx(plain.high))


def test_unequal_weights_are_worth_fewer_answers():
    answers = Moments.of([1, 0] * 50, weights=[4, 1] * 50)

    share = proportions.from_moments(answers)

    assert share.value == 0.8
    assert share.effective_n == pytest.approx((50 * 5) ** 2 / (50 * 17))


def test_one_customer_who_answers_forty_times_counts_as_one():
    same = proportions.from_moments(Moments.of([1] * 40, customers=["Ines"] * 40))

    assert (same.n, same.effective_n, same.is_thin) == (40, 1, True)


def test_customers_who_repeat_themselves_widen_the_interval():
    values, customers = [1, 1, 0, 0] * 50, [number // 2 for number in range(200)]

    repeated = proportions.from_moments(Moments.of(values, customers=customers))

    assert repeated.effective_n == pytest.approx(99)
    assert repeated.high - repeated.low > proportions.wilson(100, 200).high - proportions.wilson(100, 200).low


def test_customers_whose_answers_differ_are_not_widened():
    values, customers = [1, 0] * 100, [number // 2 for number in range(200)]

    assert Moments.of(values, customers=customers).effective_n == 200


@pytest.mark.parametrize(("successes", "n"), [(-1, 5), (6, 5), (0, -1)])
def test_impossible_counts_are_refused(successes, n):
    with pytest.raises(ValueError, match="is not a share"):
        proportions.wilson(successes, n)


def test_wilson_covers_what_it_promises():
    from scipy import stats

    for truth in (0.05, 0.3, 0.5):
        covered = sum(
            stats.binom.pmf(k, 100, truth)
            for k in range(101)
            if proportions.limits(k / 100, 100)[0] <= truth <= proportions.limits(k / 100, 100)[1]
        )
        assert covered > 0.93
