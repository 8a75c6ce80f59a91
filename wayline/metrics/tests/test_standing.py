from dataclasses import replace
from datetime import timedelta

import pytest

from wayline.metrics import standing
from wayline.metrics.questions import FlowQuestion, FlowStep, Period
from wayline.signals.conditions import SignalIs
from wayline.warehouse.testing import MONDAY, fill

DAY = timedelta(days=1)
STEPS = tuple(
    FlowStep(key=name.replace(" ", "-"), title=name, condition=SignalIs(names=(name,)))
    for name in ("signed up", "connected", "activated")
)
QUESTION = FlowQuestion(workspace=1, steps=STEPS, period=Period(MONDAY - DAY, MONDAY + 90 * DAY), customer=7)
pytestmark = pytest.mark.usefixtures("warehouse")


def test_the_last_step_reached_is_where_the_customer_stands():
    fill(
        [
            {"customer": 7},
            {"customer": 7, "name": "connected", "minute": 5},
            {"customer": 8, "name": "activated"},
        ]
    )

    (found,) = standing.attempts(QUESTION, now=MONDAY + DAY)

    assert (found.step, found.state) == ("connected", "in progress")
    assert found.reached_at == MONDAY + timedelta(minutes=5)
    assert found.subject is None


def test_after_the_window_the_customer_counts_as_dropped():
    fill([{"customer": 7}, {"customer": 7, "name": "connected", "minute": 5}])

    assert standing.attempts(QUESTION, now=MONDAY + 31 * DAY)[0].state == "dropped"


def test_the_last_step_completes_the_journey():
    fill([{"customer": 7, "name": step.title, "minute": minute} for minute, step in enumerate(STEPS)])

    assert standing.attempts(QUESTION, now=MONDAY + DAY)[0].state == "completed"


def test_each_subject_is_an_attempt_of_its_own():
    question = replace(QUESTION, follow="subject")
    fill(
        [
            {"customer": 7, "subject": "trial 1"},
            {"customer": 7, "subject": "trial 2", "minute": 10},
            {"customer": 7, "subject": "trial 2", "name": "connected", "minute": 20},
        ]
    )

    found = standing.attempts(question, now=MONDAY + DAY)

    assert [(each.subject, each.step) for each in found] == [
        ("trial 2", "connected"),
        ("trial 1", "signed-up"),
    ]


def test_somebody_who_never_began_stands_nowhere():
    fill([{"customer": 8}])

    assert standing.attempts(QUESTION, now=MONDAY + DAY) == ()


def test_habits_count_each_sort_of_signal_the_latest_first():
    fill([{"customer": 7}, {"customer": 7, "minute": 3}, {"customer": 7, "name": "connected", "minute": 1}])

    found = standing.habits(1, 7)

    assert [(habit.name, habit.n) for habit in found] == [("signed up", 2), ("connected", 1)]
    assert found[0].last_at == MONDAY + timedelta(minutes=3)
