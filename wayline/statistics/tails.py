"""Quantiles and tails of distributions, from the functions that SciPy's own distributions are made of.

A page asks for hundreds of single ones; what `scipy.stats` puts around each takes a hundred times as long.
"""

from scipy import special


def normal_quantile(share: float) -> float:
    """Below it lies this share of the standard normal distribution."""
    return float(special.ndtri(share))


def normal_beyond(z: float) -> float:
    """The share of the standard normal distribution that lies further from 0 than z, on both sides."""
    return float(2 * special.ndtr(-abs(z)))


def t_quantile(share: float, freedom: float) -> float:
    """Below it lies this share of Student's t; NaN without freedom."""
    return float(special.stdtrit(freedom, share)) if freedom > 0 else float("nan")


def t_beyond(t: float, freedom: float) -> float:
    """The share of Student's t that lies further from 0 than t, on both sides; NaN without freedom."""
    return float(2 * special.stdtr(freedom, -abs(t))) if freedom > 0 else float("nan")


def chi2_quantile(share: float, freedom: float) -> float:
    """Below it lies this share of the chi-squared distribution."""
    return float(2 * special.gammaincinv(freedom / 2, share))
