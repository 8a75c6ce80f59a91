import numpy as np
import pytest

from wayline.statistics import counts, proportions
from wayline.statistics.estimates import Estimate
from wayline.statistics.products import product


def entered(value, low, high):
    return Estimate(value, low, high, 1, "entered")


def test_one_factor_keeps_its_interval():
    lost = counts.rate(40, 2)

    found = product([lost])

    assert (found.value, round(found.low, 9), round(found.high, 9)) == (
        20.0,
        round(lost.low, 9),
        round(lost.high, 9),
    )


def test_the_order_of_the_factors_says_nothing():
    one, other = proportions.wilson(30, 100), entered(50.0, 20.0, 90.0)

    assert product([one, other]).low == pytest.approx(product([other, one]).low)


def test_where_a_factor_may_be_nothing_the_product_may_be_nothing():
    found = product([counts.rate(0, 3), entered(50.0, 20.0, 90.0)])

    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high > 50


def test_nothing_known_gives_nothing_to_say():
    found = product([proportions.wilson(0, 0), entered(1.0, 1.0, 1.0)])

    assert (found.value, found.is_thin) == (None, True)


def test_what_may_be_negative_is_refused():
    with pytest.raises(ValueError, match="negative"):
        product([entered(1.0, -1.0, 2.0)])


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    chance = np.random.default_rng(7)
    months, rate, share, n = 3, 12.0, 0.3, 150
    covered = 0
    for _ in range(1_000):
        found = product(
            [
                counts.rate(int(chance.poisson(rate * months)), months),
                proportions.wilson(int(chance.binomial(n, share)), n),
            ]
        )
        covered += found.low <= rate * share <= found.high

    assert 0.93 <= covered / 1_000 <= 0.98
