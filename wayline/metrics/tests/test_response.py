from datetime import timedelta

from wayline.metrics import response
from wayline.metrics.questions import Period, Question
from wayline.warehouse.testing import MONDAY, fill

JUNE = Question(1, "nps", Period(MONDAY, MONDAY + timedelta(days=30)))
HOUR, LATER = 60, 100 * 24 * 60


def sent(customer: int, **fields) -> dict:
    return {"customer": customer, "name": "Survey Sent", "kind": "operation"} | fields


def gave(customer: int) -> dict:
    return {
        "customer": customer,
        "name": "NPS Answered",
        "kind": "answer",
        "score": 9,
        "scale": "nps",
        "minute": HOUR,
    }


def test_the_answered_are_counted_of_those_asked_and_who_is_missing_is_named(warehouse):
    quarterly = {"properties": {"survey": "Quarterly NPS"}}
    plans = [{"customer": n, "traits": {"plan": "pro" if n <= 60 else "trial"}} for n in range(1, 121)]
    answered = [gave(n) for n in range(1, 121) if n <= 40 or n > 117]
    beat = {"customer": 999, "name": "Heartbeat", "kind": "operation", "minute": LATER}
    fill([*(sent(n, **quarterly) for n in range(1, 121)), *answered, beat], customers=plans)

    found = response.response(JUNE, "nps")

    assert (found.share.value, found.share.n) == (43 / 120, 120)
    assert [(each.words, each.share.value) for each in found.missing] == [("plan is trial", 3 / 60)]


def test_a_survey_about_something_else_says_nothing_about_nps(warehouse):
    fill([*(sent(n, properties={"survey": "CSAT after chat"}) for n in range(1, 41)), gave(1)])

    assert response.response(JUNE, "nps") is None


def test_without_signals_of_asking_there_is_no_response_rate(warehouse):
    fill([gave(n) for n in range(40)])

    assert response.response(JUNE, "nps") is None
