import pytest

from wayline.kit import numbers


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1204, "1\u202f204"),
        (-3, "−3"),
        (0, "0"),
        (-0.2, "0"),
        (None, "–"),
        (1_000_000, "1\u202f000\u202f000"),
    ],
)
def test_whole_numbers_are_grouped_with_a_true_minus_sign(value, words):
    assert numbers.whole(value) == words


@pytest.mark.parametrize(
    ("value", "words"), [(7, "+7"), (-3, "−3"), (0, "0"), (0.25, "+0.2"), (-0.04, "0.0"), (None, "–")]
)
def test_signed_numbers_show_which_way(value, words):
    assert numbers.signed(value) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (45, "45 s"),
        (90, "1 min 30 s"),
        (3_600, "1 h"),
        (12_000, "3 h 20 min"),
        (3_599.7, "1 h"),
        (90_000, "1 day 1 h"),
        (190_800, "2 days 5 h"),
        (172_799, "2 days"),
        (-90, "−1 min 30 s"),
        (0.25, "0.2 s"),
        (None, "–"),
    ],
)
def test_durations_are_written_with_their_two_largest_units(seconds, words):
    assert numbers.duration(seconds) == words


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.683, "68%"),
        (0.004, "0.4%"),
        (0, "0%"),
        (1, "100%"),
        (None, "–"),
        (0.9966, "99.7%"),
        (0.99999, "99.9%"),
    ],
)
def test_shares_are_percent(share, words):
    assert numbers.percent(share) == words


@pytest.mark.parametrize(
    ("value", "words"), [(4100, "4.1k"), (41_000, "41k"), (2_500_000, "2.5m"), (12, "12"), (0.5, "0.5")]
)
def test_compact_numbers_fit_small_places(value, words):
    assert numbers.compact(value) == words


@pytest.mark.parametrize(
    ("seconds", "low", "high", "words"),
    [
        (65_000, 54_000, 72_000, "18 h, 15 to 20"),
        (216, 192, 239, "3.6 min, 3.2 to 4"),
        (2_116_800, 1_980_000, 2_246_400, "24 days, 23 to 26"),
        (100, None, None, "100 s"),
        (0, 0, 0, "0 s, 0 to 0"),
        (None, None, None, "–"),
    ],
)
def test_a_lasting_is_written_in_one_unit(seconds, low, high, words):
    assert numbers.lasting(seconds, low, high) == words


@pytest.mark.parametrize(
    ("share", "words"), [(-0.36, "−36"), (0.074, "+7"), (0.0, "0"), (None, numbers.NOTHING)]
)
def test_differences_of_shares_are_points(share, words):
    assert numbers.points(share) == words
