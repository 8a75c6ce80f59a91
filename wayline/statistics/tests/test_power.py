import pytest
from statsmodels.stats.power import TTestIndPower

from wayline.statistics import power


def test_55_to_78_percent_needs_65_each_and_55_to_58_about_4290():
    assert power.n_for_proportions(0.55, 0.78) == 65
    assert power.n_for_proportions(0.55, 0.58) == pytest.approx(4290, abs=5)


def test_five_points_of_nps_need_about_1690_answers_and_ten_about_420():
    assert power.n_for_nps_margin(5) == pytest.approx(1690, abs=1)
    assert power.n_for_nps_margin(10) == pytest.approx(420, abs=4)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.55, 0.9])
def test_the_detectable_change_is_the_one_that_needs_that_many(share):
    change = power.detectable_proportion(share, 500)
    now = share + change if share < 0.6 else share - change

    assert power.n_for_proportions(share, now) == pytest.approx(500, abs=1)


def test_a_detectable_mean_agrees_with_statsmodels():
    effect = TTestIndPower().solve_power(nobs1=400, alpha=0.05, power=0.8)

    assert power.detectable_mean(400, 1.0) == pytest.approx(effect, rel=0.01)


def test_too_few_answers_would_show_nothing():
    assert power.detectable_proportion(0.5, 3) is None
    assert power.detectable_nps(0) is None


def test_impossible_plans_are_refused():
    with pytest.raises(ValueError, match="told apart"):
        power.n_for_proportions(0.5, 0.5)
    with pytest.raises(ValueError, match="Power"):
        power.n_for_proportions(0.5, 0.6, power=1)
    with pytest.raises(ValueError, match="positive"):
        power.n_for_nps_margin(0)
