from datetime import timedelta

from wayline.metrics import observed, timeline
from wayline.metrics.questions import Period
from wayline.signals.conditions import SignalIs, Test, TraitIs
from wayline.warehouse.testing import MONDAY, fill


def test_names_say_how_many_signals_of_how_many_customers(warehouse):
    fill([{"minute": 1}, {"minute": 5}, {"customer": 2, "minute": 3}, {"name": "left"}, {"workspace": 2}])

    names = observed.names(1)

    minute = timedelta(minutes=1)
    assert names == (
        observed.ObservedName("behavior", "signed up", 3, 2, MONDAY + minute, MONDAY + 5 * minute),
        observed.ObservedName("behavior", "left", 1, 1, MONDAY, MONDAY),
    )


def test_a_preview_counts_and_shows_the_latest(warehouse):
    fill([{"minute": n, "name": "paid", "customer": n % 2} for n in range(8)] + [{"minute": 90}])

    preview = observed.preview(1, SignalIs(names=("paid",)), limit=2)

    assert (preview.signals, preview.customers) == (8, 2)
    assert [moment.at.minute for moment in preview.examples] == [7, 6]


def test_fields_show_common_values(warehouse):
    fill([{"properties": {"plan": plan, "seats": "3"}} for plan in ("pro", "pro", "free")] + [{}])

    fields = observed.fields(1, "behavior", "signed up")

    assert fields == (
        observed.ObservedField("plan", 3, (("pro", 2), ("free", 1))),
        observed.ObservedField("seats", 3, (("3", 3),)),
    )


def test_a_segment_has_so_many_customers(warehouse):
    fill([], customers=[{"customer": 1, "traits": {"plan": "pro"}}, {"customer": 2}])

    pro = TraitIs(test=Test(field="plan", op="is", value="pro"))

    assert (observed.customers_in(1, pro), observed.customers_in(1, None)) == (1, 2)


def test_the_last_moment_follows_what_is_written(warehouse):
    assert observed.last_at(1) is None

    fill([{"minute": 3}])
    assert observed.last_at(1) == MONDAY + timedelta(minutes=3)

    fill([{"minute": 9}])
    assert observed.first_at(1) == MONDAY + timedelta(minutes=3)
    assert observed.last_at(1) == MONDAY + timedelta(minutes=9)


def test_names_of_a_period_are_those_inside_it(warehouse):
    fill([{"minute": 0}, {"minute": 60, "name": "left"}])

    names = observed.names(1, Period(MONDAY, MONDAY + timedelta(minutes=60)))

    assert [each.name for each in names] == ["signed up"]


def test_a_timeline_is_read_backwards_page_by_page(warehouse):
    fill([{"minute": 1, "name": name} for name in "abc"] + [{"customer": 2}, {"minute": 2, "name": "d"}])

    first = timeline.timeline(1, 1, limit=2)
    second = timeline.timeline(1, 1, before=(first[-1].at, first[-1].seq), limit=5)

    assert ["".join(moment.name for moment in page) for page in (first, second)] == ["dc", "ba"]


def test_a_moment_says_how_it_felt_only_on_a_scale_we_know(warehouse):
    fill(
        [
            {"minute": 1, "score": 5, "scale": "csat5", "properties": {"question": "How was it?"}},
            {"minute": 2, "score": 5, "scale": "homemade"},
            {"minute": 3, "score": 50, "scale": "nps"},
        ]
    )

    moments = timeline.timeline(1, 1)

    assert [moment.feeling for moment in moments] == [None, None, 2.0]
    assert moments[-1].properties == {"question": "How was it?"}
