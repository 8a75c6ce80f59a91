from datetime import timedelta

import pytest

from wayline.metrics import people
from wayline.metrics.questions import FlowQuestion, FlowStep, Period
from wayline.signals.conditions import SignalIs
from wayline.warehouse.testing import MONDAY, fill

NOW = MONDAY + timedelta(days=60)
QUESTION = FlowQuestion(
    workspace=1,
    steps=(
        FlowStep("start", "Start", SignalIs(names=("signed up",))),
        FlowStep("think", "Think", None),
        FlowStep("connect", "Connect", SignalIs(names=("connected",))),
    ),
    period=Period(MONDAY, MONDAY + timedelta(days=30)),
    window=timedelta(days=10),
)


def fill_story():
    fill(
        [{"customer": who, "minute": who} for who in (1, 2, 3)]
        + [{"customer": 1, "minute": 60, "name": "connected"}]
        + [{"customer": 4, "minute": 25 * 24 * 60}]
        + [{"customer": 5, "minute": 26 * 24 * 60, "name": "connected"}]
        + [
            {
                "customer": 2,
                "minute": 30,
                "score": 2,
                "scale": "csat5",
                "text": "Where is it?",
                "kind": "answer",
            }
        ]
        + [{"customer": 3, "minute": 31, "score": 5, "scale": "csat5"}]
    )


@pytest.mark.parametrize(
    ("step", "state", "customers"),
    [
        ("start", "entered", (4, 3, 2, 1)),
        ("start", "completed", (1,)),
        ("start", "in_progress", (4,)),
        ("start", "dropped", (3, 2)),
        ("connect", "entered", (1,)),
        ("start", "scored", (3, 2)),
        ("start", "said", (2,)),
        ("think", "entered", ()),
    ],
)
def test_the_people_behind_a_number_are_as_many_as_it_says(warehouse, step, state, customers):
    fill_story()

    found = people.behind(QUESTION, step, state, now=NOW)

    assert (found.customers, found.n) == (customers, len(customers))


def test_people_come_in_pages(warehouse):
    fill_story()

    page = people.behind(QUESTION, "start", "entered", limit=2, offset=1, now=NOW)

    assert page == people.People(4, (3, 2))


@pytest.mark.parametrize(("step", "state"), [("gone", "entered"), ("start", "happy")])
def test_what_is_not_there_is_refused(warehouse, step, state):
    with pytest.raises((people.StepUnknown, people.StateUnknown)):
        people.behind(QUESTION, step, state, now=NOW)
