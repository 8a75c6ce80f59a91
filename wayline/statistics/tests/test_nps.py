from math import sqrt

import pytest

from wayline.statistics import nps
from wayline.statistics.moments import Moments

BEFORE = nps.nps(540, 360, 300)
NOW = nps.nps(675, 351, 324)


def test_a_rise_of_six_points_on_1200_and_1350_answers_is_within_noise():
    found = nps.change(NOW, BEFORE)

    assert (BEFORE.value, round(NOW.value, 1), BEFORE.n, NOW.n) == (pytest.approx(20.0), 26.0, 1200, 1350)
    assert round(found.difference, 1) == 6.0
    assert (round(found.low, 1), round(found.high, 1)) == (-0.3, 12.3)
    assert round(found.p_value, 3) == 0.064
    assert found.verdict == "within noise"
    error = (found.high - found.low) / 2 / 1.959964
    assert round(found.difference / error, 2) == 1.85


def test_a_rise_seen_on_ten_times_the_answers_is_real():
    assert nps.change(nps.nps(6750, 3510, 3240), nps.nps(5400, 3600, 3000)).verdict == "up"


def test_forty_six_against_thirty_nine_on_ninety_answers_says_nothing():
    now = nps.from_moments(Moments.of([1] * 52 + [0] * 23 + [-1] * 12))
    before = nps.from_moments(Moments.of([1] * 53 + [0] * 25 + [-1] * 16))

    found = nps.change(now, before)

    assert (round(now.value), round(before.value), found.verdict) == (46, 39, "within noise")
    assert (found.high - found.low) / 2 == pytest.approx(22, abs=0.6)
    assert found.p_value == pytest.approx(0.53, abs=0.02)


def test_the_interval_is_that_of_a_mean_of_scores():
    score = nps.nps(50, 30, 20)

    half = 1.959964 * sqrt(((50 + 20) / 100 - 0.3**2) / 100) * 100

    assert (score.low, score.high) == (pytest.approx(30 - half), pytest.approx(30 + half))


def test_all_promoters_still_leave_doubt():
    score = nps.nps(12, 0, 0)

    assert score.value == score.high == 100
    assert score.low < 60


def test_all_passives_doubt_both_ways():
    score = nps.nps(0, 40, 0)

    assert score.value == 0
    assert score.low == pytest.approx(-score.high)
    assert score.high > 0


def test_limits_stay_on_the_scale_and_the_change_still_knows_the_width():
    tight = nps.nps(30, 1, 0)

    assert tight.high == 100
    assert nps.change(tight, tight).high == pytest.approx(sqrt(2) * (tight.value - tight.low))


def test_weights_move_the_score_and_shrink_the_effective_n():
    plain = nps.nps(2, 1, 1)

    weighted = nps.weighted(4, 6, 12, 3, 1)

    assert (plain.value, round(weighted.value, 1), weighted.effective_n) == (25.0, 33.3, 3.0)


def test_moments_and_counts_agree():
    counted, summed = nps.nps(50, 30, 20), nps.from_moments(Moments.of([1] * 50 + [0] * 30 + [-1] * 20))

    assert (summed.value, summed.low, summed.high) == pytest.approx(
        (counted.value, counted.low, counted.high)
    )


def test_no_answers_have_nothing_to_say():
    nothing = nps.nps(0, 0, 0)

    assert (nothing.value, nothing.n, nothing.is_thin) == (None, 0, True)
    assert nps.change(NOW, nothing).verdict == "too few to say"
    assert nps.change(NOW, nothing).difference is None


def test_a_negative_count_is_refused():
    with pytest.raises(ValueError, match="negative"):
        nps.nps(-1, 2, 3)
