"""Signals that came late: how many, and what they changed of a period that was over."""

from datetime import UTC, datetime, timedelta

import pytest

from wayline.metrics import answers, lateness
from wayline.metrics.questions import Period, Question
from wayline.signals.conditions import SignalIs
from wayline.warehouse.testing import fill

pytestmark = pytest.mark.usefixtures("warehouse")
START, END = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
AUGUST = datetime(2026, 8, 3, 9, tzinfo=UTC)
NOW = datetime(2026, 9, 1, tzinfo=UTC)


def score(number, value, *, received=timedelta(minutes=1), **fields):
    at = START + timedelta(days=number % 28, hours=12)
    given = {"name": "NPS Answered", "kind": "answer", "score": value, "scale": "nps"}
    return given | {"customer": number + 1, "at": at, "received_at": at + received} | fields


def asked(metric="nps", **more) -> Question:
    return Question(workspace=1, metric=metric, period=Period(START, END), **more)


def late(**more):
    question = asked(**more)
    return lateness.told(question, answers.answer(question, now=NOW), now=NOW).late


def test_what_came_in_time_is_said_to_be_none():
    fill([score(number, 10) for number in range(40)])

    found = late()

    assert (found.n, found.late, found.after_period, found.without) == (40, 0, 0, None)


def test_late_ones_are_counted_and_those_after_the_period_taken_out():
    on_time = [score(number, 10) for number in range(40)]
    within = [score(2, 10, received=timedelta(days=3))]
    after = [score(number, 0, received_at=AUGUST + timedelta(days=number)) for number in range(10)]
    fill([*on_time, *within, *after])

    found = late()

    assert (found.n, found.late, found.after_period) == (51, 11, 10)
    assert (found.first_at.day, found.last_at) == (6, AUGUST + timedelta(days=9))
    assert (found.without.value, found.without.n) == (100.0, 41)
    assert answers.answer(asked(), now=NOW).total.estimate.n == 51


def test_a_period_that_was_brought_in_whole_changed_no_number():
    fill([score(number, 10, received_at=AUGUST) for number in range(40)])

    found = late()

    assert (found.late, found.after_period, found.without) == (40, 40, None)


def test_only_the_signals_that_the_number_starts_from_are_counted():
    bought = {"name": "Order Placed", "kind": "behavior", "score": None, "scale": None}
    fill([score(1, 9, received_at=AUGUST), *(score(n, None, **bought) for n in range(5))])

    assert late(metric="rate", of=SignalIs(names=("Order Placed",)), then=SignalIs()).n == 5
    assert late().n == 1


def test_where_nothing_was_measured_nothing_is_said():
    assert late() is None
    fill([score(1, 9)])
    assert late(metric="csat_mean") is None
