from datetime import UTC, datetime, timedelta

import pytest

from wayline.metrics import answers
from wayline.metrics.questions import Period, Question
from wayline.signals.conditions import Did, SignalIs, Test, TraitIs
from wayline.warehouse.testing import fill

START = datetime(2026, 6, 1, tzinfo=UTC)
MONTH = Period(START, START + timedelta(days=30))
NOW = START + timedelta(days=200)

pytestmark = pytest.mark.usefixtures("warehouse")


def at(days=0.0, hours=0.0):
    return START + timedelta(days=days, hours=hours)


def ask(metric, **fields):
    return answers.answer(Question(**({"workspace": 1, "metric": metric, "period": MONTH} | fields)), now=NOW)


def scored(scores, scale="nps", day=1.0, first=1, **fields):
    asked = {"at": at(day), "kind": "answer", "name": "Asked", "scale": scale} | fields
    return [{"customer": first + place, "score": score} | asked for place, score in enumerate(scores)]


def test_nps_is_finished_from_what_was_answered():
    fill(scored([10] * 50 + [8] * 30 + [3] * 20))

    found = ask("nps").total.estimate

    assert (round(found.value, 6), found.n) == (30.0, 100)
    assert (round(found.low, 1), round(found.high, 1)) == (14.7, 45.3)


def test_a_change_within_noise_is_not_called():
    before = scored([10] * 45 + [8] * 30 + [3] * 25, day=-10)
    fill(before + scored([10] * 50 + [8] * 26 + [3] * 24, first=500))

    change = ask("nps").total.change

    assert (round(change.difference, 6), change.verdict) == (6.0, "within noise")
    assert change.before.n == 100


def test_a_change_beyond_noise_is_called():
    fill(scored([2] * 80, day=-10) + scored([10] * 80, first=500))

    assert ask("nps").total.change.verdict == "up"


def test_too_few_answers_say_nothing():
    fill(scored([2] * 80, day=-10) + scored([10] * 12, first=500))

    found = ask("nps").total

    assert (found.estimate.is_thin, found.change.verdict) == (True, "too few to say")


def test_an_empty_workspace_is_answered_with_nothing_to_say():
    for metric in ("nps", "signals", "retention", "response_time_p90", "score_p10"):
        found = ask(metric).total.estimate

        assert found.n == 0


def test_another_workspace_is_not_counted():
    fill(scored([10] * 40, workspace=2))

    assert ask("nps").total.estimate.n == 0


def test_the_end_of_the_period_is_not_in_it():
    fill(scored([10], day=0) + scored([10], day=30, first=2))

    assert ask("nps").total.estimate.n == 1


def test_scales_are_never_mixed():
    fill(scored([5] * 40, "csat5") + scored([7] * 10, "csat7", first=100))

    found = ask("csat_mean")

    assert (found.scale, found.total.estimate.value, found.total.estimate.n) == ("csat5", 5.0, 40)
    assert "CSAT, 1 to 7 (n 10) is not in it" in found.notes[0]


def test_split_by_scale_shows_each_on_its_own():
    fill(scored([4] * 40, "csat5") + scored([7] * 10, "csat7", first=100))

    rows = ask("csat_top_box", by=("scale",)).rows

    assert [(row.key, row.estimate.value, row.estimate.n) for row in rows] == [
        (("csat5",), 1.0, 40),
        (("csat7",), 1.0, 10),
    ]


def test_top_boxes_and_bad_ends_follow_the_scale():
    fill(scored([1, 2, 3, 4, 5], "csat5"))

    assert ask("csat_top_box").total.estimate.value == 0.4
    assert ask("bad_share").total.estimate.value == 0.4
    assert ask("score_p10").total.estimate.value == 1


def test_weights_move_the_score():
    fill(scored([10, 10, 8, 0], weight=1.0) + scored([10], first=9, weight=2.0))

    found = ask("nps").total.estimate

    assert found.value == pytest.approx(100 * (4 - 1) / 6)
    assert found.effective_n == pytest.approx(36 / 8)


def test_a_customer_who_answers_forty_times_is_one_voice():
    fill([row | {"customer": 7} for row in scored([10] * 40)])

    found = ask("nps").total.estimate

    assert (found.n, found.effective_n, found.is_thin) == (40, pytest.approx(1), True)


def test_nps_asked_after_a_contact_is_warned_about():
    contact = {"at": at(1, -2), "kind": "contact", "name": "Help Requested"}
    fill(scored([9] * 40) + [contact | {"customer": customer} for customer in range(1, 21)])

    assert ask("nps").notes[0].startswith("50% of these answers came within a day after a contact.")


def test_weeks_are_those_of_the_wall_clock():
    late_on_sunday = datetime(2026, 6, 7, 22, 30, tzinfo=UTC)
    fill([row | {"at": late_on_sunday} for row in scored([9])])

    def weeks(timezone):
        rows = ask("nps", by=("week",), timezone=timezone).rows
        return [row.key[0] for row in rows if row.estimate.n]

    assert (weeks("UTC"), weeks("Europe/Berlin")) == (["2026-06-01"], ["2026-06-08"])


def test_days_keep_their_hours_when_the_clock_changes():
    period = Period(datetime(2026, 10, 20, tzinfo=UTC), datetime(2026, 10, 30, tzinfo=UTC))
    before, after = datetime(2026, 10, 24, 22, 30, tzinfo=UTC), datetime(2026, 10, 25, 22, 30, tzinfo=UTC)
    rows = [{"at": before}, {"at": after, "customer": 2}]
    fill(rows)

    found = ask("signals", by=("day",), period=period, timezone="Europe/Berlin").rows

    assert [row.key[0] for row in found if row.estimate.n] == ["2026-10-25"]
    assert found[-1].key == ("2026-10-26",) or len(found) >= 5


def test_an_empty_week_is_shown_as_empty_and_each_compares_with_the_one_before():
    fill(scored([10] * 40, day=0) + scored([0] * 40, day=7, first=100) + scored([0], day=21, first=300))

    rows = ask("nps", by=("week",)).rows

    assert [(row.key[0], row.estimate.n) for row in rows] == [
        ("2026-06-01", 40),
        ("2026-06-08", 40),
        ("2026-06-15", 0),
        ("2026-06-22", 1),
    ]
    assert [row.change.verdict if row.change else None for row in rows] == [
        None,
        "down",
        "too few to say",
        "too few to say",
    ]


def test_rows_by_channel_come_largest_first_with_their_own_change():
    fill(
        scored([10] * 40, channel="chat", day=-5)
        + scored([0] * 40, channel="chat", first=100)
        + scored([9] * 50, channel="email", first=200)
        + scored([9], first=300)
    )

    rows = ask("nps", by=("channel",)).rows

    assert [(row.key, row.estimate.n) for row in rows] == [(("email",), 50), (("chat",), 40), ((None,), 1)]
    assert rows[1].change.verdict == "down"
    assert rows[0].change.before.n == 0


def test_two_dimensions_make_a_row_for_each_combination():
    fill(scored([9], channel="chat", step="pay") + scored([3], channel="chat", step="plan", first=2))

    rows = ask("nps", by=("channel", "step")).rows

    assert [row.key for row in rows] == [("chat", "pay"), ("chat", "plan")]


def test_properties_and_traits_are_dimensions():
    fill(
        scored([9, 0], properties={"topic": "delivery"}),
        customers=[{"customer": 1, "traits": {"plan": "pro"}}, {"customer": 2, "traits": {}}],
    )

    assert [row.key for row in ask("nps", by=("property:topic",)).rows] == [("delivery",)]
    assert {row.key: row.estimate.value for row in ask("nps", by=("trait:plan",)).rows} == {
        ("pro",): 100,
        (None,): -100,
    }


def test_a_segment_and_a_condition_narrow_the_answer():
    fill(
        scored([9, 9, 0], channel="chat") + scored([0], channel="email", first=1),
        customers=[{"customer": 1, "traits": {"plan": "pro"}}],
    )
    pro = TraitIs(test=Test(field="plan", op="is", value="pro"))

    assert ask("nps", segment=pro).total.estimate.n == 2
    assert ask("nps", segment=pro, where=SignalIs(channels=("email",))).total.estimate.value == -100
    assert ask("nps", segment=Did(signal=SignalIs(), at_least=2)).total.estimate.n == 2


def test_counts_of_customers_and_signals_differ():
    fill([{"customer": customer, "at": at(2)} for customer in (1, 1, 1, 2)])

    assert (ask("signals").total.estimate.value, ask("customers").total.estimate.value) == (4, 2)


def test_one_busy_customer_widens_the_count_of_signals():
    fill(
        [{"customer": 1, "at": at(2)} for _ in range(60)] + [{"customer": 2, "at": at(2)} for _ in range(60)]
    )

    found = ask("signals").total.estimate

    assert (found.effective_n, found.is_thin) == (pytest.approx(2), True)


def test_shares_of_signals():
    fill([{"name": "Error", "at": at(1)}, {"name": "Page", "at": at(1)}, {"name": "Page", "at": at(2)}])

    found = ask("share", then=SignalIs(names=("Error",))).total.estimate

    assert (round(found.value, 3), found.n) == (0.333, 3)


def test_the_same_question_is_computed_once_and_again_after_a_write():
    fill(scored([9]))
    first = ask("nps")

    assert ask("nps") is first
    fill(scored([0], first=2))
    assert ask("nps").total.estimate.n == 2


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"metric": "happiness"}, "There is no metric 'happiness'"),
        ({"by": ("moon",)}, "There is no dimension 'moon'"),
        ({"by": ("property:",)}, "There is no dimension"),
        ({"metric": "rate"}, "needs a condition for 'of'"),
        ({"metric": "share"}, "needs a condition for 'then'"),
        ({"period": Period(START, START)}, "must end after it starts"),
        ({"compare_to": MONTH}, "must not share any time"),
        ({"within": timedelta()}, "longer than nothing"),
    ],
)
def test_a_question_that_cannot_be_answered_says_what_to_do(fields, sentence):
    with pytest.raises(answers.Refusal, match=sentence):
        ask(**({"metric": "nps"} | fields))


def test_ces_asked_out_of_the_blue_is_warned_about():
    ordered = {"at": at(1, -2), "kind": "behavior", "name": "Order Placed"}
    rows = scored([6] * 40, scale="ces7", name="CES Answered")
    asked = [
        {"at": at(1, -1), "kind": "operation", "name": "Survey Sent"} | {"customer": n} for n in range(1, 41)
    ]

    fill(rows + asked)
    nothing_known = ask("ces_mean").notes
    fill([ordered | {"customer": customer} for customer in range(1, 11)])

    assert nothing_known == ()
    assert ask("ces_mean").notes[0].startswith("75% of these answers came when nothing had happened")
