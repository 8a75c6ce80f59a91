import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wayline.statistics import multiple
from wayline.statistics.comparison import Limits


def test_holm_is_what_other_programs_say():
    """R: p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05, 0.0001), "holm")."""
    expected = [0.05, 0.08, 0.09, 0.09, 0.09, 0.0006]

    assert np.allclose(multiple.holm([0.01, 0.02, 0.03, 0.04, 0.05, 0.0001]), expected)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_no_adjusted_value_is_smaller_or_changes_the_order(p_values):
    adjusted = multiple.holm(p_values)

    assert all(given <= found <= 1 for given, found in zip(p_values, adjusted, strict=True))
    assert [adjusted[n] for n in np.argsort(p_values, kind="stable")] == sorted(adjusted)


def test_nothing_compared_is_nothing_adjusted():
    assert multiple.holm([]) == []


@pytest.mark.parametrize("p", [-0.1, 1.2, float("nan")])
def test_what_is_no_p_value_is_refused(p):
    with pytest.raises(ValueError, match="between 0 and 1"):
        multiple.holm([0.2, p])


@given(st.floats(-1, 1), st.floats(0.01, 1), st.floats(0.01, 1))
def test_p_and_the_interval_agree_about_zero(difference, below, above):
    limits = Limits(difference, difference - below, difference + above)

    assert (multiple.p_of(limits) < 0.05) == (limits.low > 0 or limits.high < 0) or (
        min(abs(limits.low), abs(limits.high)) < 1e-9
    )


def test_a_limit_that_is_the_value_leaves_no_doubt():
    assert [multiple.p_of(Limits(0.5, 0.5, 0.6)), multiple.p_of(Limits(0.0, 0.0, 0.0))] == [0.0, 1.0]
