import pytest

from . import every_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_every_page_keeps_the_rules_and_fits_the_window_of_a_desk(chromium, demo):
    told = every_page.problems(chromium, demo, 1440, 900)

    assert not told, "\n".join(told)
