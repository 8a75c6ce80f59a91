"""The short way to a quantile or a tail agrees with SciPy's distributions."""

import math

import pytest
from scipy import stats

from wayline.statistics import tails

SHARES = [1e-12, 0.001, 0.025, 0.5, 0.975, 0.9999]


@pytest.mark.parametrize("share", SHARES)
def test_quantiles(share):
    assert tails.normal_quantile(share) == pytest.approx(stats.norm.ppf(share), rel=1e-12, abs=1e-12)
    for freedom in (0.7, 1, 4.5, 30, 1e6):
        assert tails.t_quantile(share, freedom) == pytest.approx(
            stats.t.ppf(share, freedom), rel=1e-9, abs=1e-9
        )
        assert tails.chi2_quantile(share, freedom) == pytest.approx(stats.chi2.ppf(share, freedom), rel=1e-9)


@pytest.mark.parametrize("far", [0.0, 1e-9, 0.5, -1.96, 8.0, math.inf])
def test_tails(far):
    assert tails.normal_beyond(far) == pytest.approx(2 * stats.norm.sf(abs(far)), rel=1e-12)
    for freedom in (0.7, 1, 4.5, 30, 1e6):
        assert tails.t_beyond(far, freedom) == pytest.approx(2 * stats.t.sf(abs(far), freedom), rel=1e-9)


def test_without_freedom_nothing_is_known():
    assert math.isnan(tails.t_quantile(0.975, 0))
    assert math.isnan(tails.t_beyond(2.0, -1))
