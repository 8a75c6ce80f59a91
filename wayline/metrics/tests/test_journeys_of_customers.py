"""Rates, durations, contacts and retention: what happened next, and what is not known yet."""

from datetime import UTC, datetime, timedelta

import pytest

from wayline.metrics import answers
from wayline.metrics.questions import Period, Question
from wayline.signals.conditions import SignalIs
from wayline.warehouse.testing import fill

START = datetime(2026, 6, 1, tzinfo=UTC)
MONTH = Period(START, START + timedelta(days=30))
SIGNED_UP, PAID = SignalIs(names=("Signed Up",)), SignalIs(names=("Paid",))

pytestmark = pytest.mark.usefixtures("warehouse")


def ask(metric, **fields):
    """Ask about June, as we know it more than a year later."""
    question = Question(**({"workspace": 1, "metric": metric, "period": MONTH} | fields))
    return answers.answer(question, now=START + timedelta(days=400))


def did(customer, name, day, kind="behavior", **fields):
    return {"customer": customer, "name": name, "kind": kind, "at": START + timedelta(days=day)} | fields


def contact(customer, day, **fields):
    return did(customer, "Help Requested", day, "contact", **fields)


LATER = did(999, "Heartbeat", 200, "operation")


def value(found):
    return found.total.estimate.value, found.total.estimate.n


def test_a_rate_counts_customers_from_their_first_time():
    fill([did(1, "Signed Up", 1), did(1, "Signed Up", 2), did(1, "Paid", 5), did(2, "Signed Up", 1), LATER])

    assert value(ask("rate", of=SIGNED_UP, then=PAID)) == (0.5, 2)


def test_what_came_before_or_after_the_window_does_not_count():
    fill([did(1, "Paid", 0), did(1, "Signed Up", 1), did(1, "Paid", 32), LATER])

    assert value(ask("rate", of=SIGNED_UP, then=PAID)) == (0.0, 1)
    assert value(ask("rate", of=SIGNED_UP, then=PAID, within=timedelta(days=31))) == (1.0, 1)


def test_customers_whose_window_is_open_are_not_lost_and_not_yet_won():
    fill([did(1, "Signed Up", 1), did(2, "Signed Up", 25), did(3, "Signed Up", 25), did(3, "Paid", 26)])
    fill([did(999, "Heartbeat", 40, "operation")])

    found = ask("rate", of=SIGNED_UP, then=PAID)

    assert value(found) == (0.0, 1)
    assert (found.open, found.notes) == (
        2,
        ("2 customers of the period are left out: their window is not over.",),
    )


def test_rates_by_channel_start_from_the_channel_of_the_first_signal():
    fill([did(1, "Signed Up", 1, channel="web"), did(1, "Paid", 2, channel="app"), LATER])

    rows = ask("rate", of=SIGNED_UP, then=PAID, by=("channel",)).rows

    assert [(row.key, row.estimate.value) for row in rows] == [(("web",), 1.0)]


def test_a_duration_runs_from_the_start_of_each_stretch_to_the_next():
    fill(
        [
            did(1, "Signed Up", 1),
            did(1, "Signed Up", 2),
            did(1, "Paid", 4),
            did(1, "Signed Up", 10),
            did(1, "Paid", 11),
        ]
    )

    found = ask("duration_median", of=SIGNED_UP, then=PAID)

    assert value(found) == (86400.0, 2)
    assert value(ask("duration_p90", of=SIGNED_UP, then=PAID)) == (3 * 86400.0, 2)


def test_a_stretch_that_has_not_ended_is_left_out_and_said():
    fill([did(1, "Signed Up", 1), did(1, "Paid", 4), did(2, "Signed Up", 1), LATER])

    found = ask("duration_median", of=SIGNED_UP, then=PAID)

    assert (value(found), found.open) == ((3 * 86400.0, 1), 1)
    assert found.notes == ("1 that started in the period are left out: the other has not come yet.",)


def test_a_stretch_longer_than_the_window_is_left_out():
    fill([did(1, "Signed Up", 1), did(1, "Paid", 4), LATER])

    found = ask("duration_median", of=SIGNED_UP, then=PAID, within=timedelta(days=2))

    assert value(found) == (None, 0)


def test_a_median_of_many_has_its_interval():
    rows = [did(n, "Signed Up", 1) for n in range(1, 101)]
    rows += [did(n, "Paid", 1 + n / 24) for n in range(1, 101)]
    fill(rows)

    found = ask("duration_median", of=SIGNED_UP, then=PAID).total.estimate

    assert [round(x / 3600) for x in (found.value, found.low, found.high)] == [50, 40, 61]


def test_contacts_that_repeat_within_seven_days():
    fill([contact(1, 1), contact(1, 5, channel="phone"), contact(2, 1), contact(2, 9), LATER])

    assert value(ask("repeat_contact")) == (0.25, 4)
    assert value(ask("repeat_contact", within=timedelta(hours=72))) == (0.0, 4)


def test_a_contact_about_another_topic_is_no_repeat_when_topics_must_be_equal():
    rows = [contact(1, 1, properties={"topic": "bill"}), contact(1, 2, properties={"topic": "port"})]
    fill([*rows, contact(1, 3, properties={"topic": "bill"}), LATER])

    assert value(ask("repeat_contact"))[0] == pytest.approx(2 / 3)
    assert value(ask("repeat_contact", same="property:topic"))[0] == pytest.approx(1 / 3)


def test_contacts_of_the_last_days_are_not_counted_as_solved():
    fill([contact(1, 1), contact(2, 8), did(999, "Heartbeat", 10)])

    found = ask("first_contact_resolution")

    assert (value(found), found.open) == ((1.0, 1), 1)


def test_a_channel_is_judged_by_what_followed_on_any_channel():
    fill([contact(1, 1, channel="chat"), contact(1, 2, channel="phone"), LATER])

    found = ask("repeat_contact", where=SignalIs(channels=("chat",)))

    assert value(found) == (1.0, 1)


def test_solved_first_time_needs_no_second_contact_and_no_reopening():
    rows = [
        contact(1, 1, subject="T1"),
        contact(2, 1, subject="T2"),
        contact(3, 1, subject="T3"),
        contact(3, 2),
    ]
    reopened = did(2, "Ticket Reopened", 3, "operation", subject="T2")
    other = did(1, "Ticket Reopened", 3, "operation", subject="T0")
    fill([*rows, reopened, other, LATER])

    found = ask("first_contact_resolution")

    assert value(found) == (0.5, 4)


def test_the_first_reply_on_the_same_subject_counts():
    reply = {"properties": {"agent": "Noor"}}
    fill(
        [
            contact(1, 1, subject="T1"),
            contact(1, 1.5, subject="T2"),
            did(1, "Agent Replied", 2, "message", subject="T2", **reply),
            did(1, "Agent Replied", 3, "message", subject="T1", **reply),
            did(1, "Agent Replied", 4, "message", subject="T1", **reply),
            did(1, "Customer Wrote", 1.1, "message", subject="T1"),
            LATER,
        ]
    )

    assert value(ask("response_time_median")) == (0.5 * 86400, 2)
    assert value(ask("response_time_p90")) == (2 * 86400, 2)


def test_retention_asks_who_was_active_in_a_later_stretch():
    fill([did(1, "Used", 1), did(1, "Used", 35), did(2, "Used", 1), did(2, "Used", 20), did(3, "Used", -40)])
    fill([did(3, "Used", 5), LATER])

    assert value(ask("retention")) == (0.5, 2)
    assert value(ask("retention", later=2)) == (0.0, 2)
    assert value(ask("retention", within=timedelta(days=7)))[0] == 0.0


def test_what_happens_to_a_customer_is_not_activity():
    fill([did(1, "Used", 1), did(1, "Invoice Sent", 35, "operation"), LATER])

    assert value(ask("retention")) == (0.0, 1)


def test_retention_by_channel_is_that_of_the_first_signal():
    fill([did(1, "Used", 1, channel="web"), did(1, "Used", 35, channel="app"), LATER])

    assert [row.key for row in ask("retention", by=("channel",)).rows] == [("web",)]
