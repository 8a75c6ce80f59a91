"""The truth is planted by hand: forty who stumbled and mostly gave up, sixty who went through."""

from datetime import UTC, datetime, timedelta

import pytest

from wayline.accounts.testing import make_workspace
from wayline.metrics import decisive
from wayline.metrics.decisive import Outcome
from wayline.metrics.questions import FlowQuestion, FlowStep, Period
from wayline.signals.conditions import SignalIs
from wayline.signals.testing import make_signal, observe

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
STEPS = ("Began", "Tried", "Finished")


@pytest.fixture
def shop(warehouse):
    """Of those who tried twice 10 of 40 finish, of the others 48 of 60; the slow give bad stars."""
    shop = make_workspace()
    walks = (
        ("Began Tried Tried Finished", 10, 2),
        ("Began Tried Tried", 30, 2),
        ("Began Tried Finished", 48, 5),
    )
    signals = []
    for way, count, stars in (*walks, ("Began Tried", 12, 4)):
        for number in range(count):
            who = f"{way}-{number}"
            for hour, name in enumerate(way.split()):
                signals.append(make_signal(name=name, external_id=who, at=MONDAY + timedelta(hours=hour)))
            at = MONDAY + timedelta(days=3)
            asked = {"kind": "answer", "name": "Asked", "scale": "stars5", "score": float(stars)}
            signals.append(make_signal(external_id=who, at=at, **asked))
            if stars == 2:
                signals.append(make_signal(name="Left", external_id=who, at=MONDAY + timedelta(days=9)))
    # One comes late, so that every window is over.
    signals.append(make_signal(name="Began", external_id="later", at=MONDAY + timedelta(days=200)))
    observe(shop, *signals)
    return shop


def question(shop, **fields) -> FlowQuestion:
    steps = tuple(FlowStep(name.lower(), name, SignalIs(names=(name,))) for name in STEPS)
    period = Period(MONDAY - timedelta(days=1), MONDAY + timedelta(days=1))
    return FlowQuestion(**({"workspace": shop.pk, "steps": steps, "period": period} | fields))


def found(shop, outcome=Outcome()) -> dict:  # noqa: B008 - a frozen value
    answer = decisive.effects(question(shop), outcome)
    return {(each.step, each.sign): each for each in answer.found}


def test_who_tries_twice_finishes_less_often(shop):
    looped = found(shop)["tried", "looped"]

    assert (looped.badly.value, looped.badly.n, looped.well.value, looped.well.n) == (0.25, 40, 0.8, 60)
    assert looped.difference.verdict == "down"
    assert looped.difference.method == "Newcombe's difference of Wilson intervals"
    assert looped.at_stake.difference == pytest.approx(0.55 * 0.4)
    assert looped.at_stake.low < looped.at_stake.difference < looped.at_stake.high
    assert looped.is_called


def test_a_good_answer_or_a_signal_afterwards_are_outcomes_too(shop):
    stars = found(shop, Outcome("score", "stars5"))["tried", "looped"]
    left = found(shop, Outcome("signal", "Left"))["tried", "looped"]

    assert (stars.badly.value, stars.well.value) == (0.0, 1.0)
    assert (left.badly.value, left.well.value) == (1.0, 0.0)


def test_what_did_not_happen_in_time_did_not_come(shop):
    soon = found(shop, Outcome("signal", "Left", timedelta(days=2)))

    assert soon["tried", "looped"].badly.value == 0


def test_nothing_is_left_to_lose_at_the_last_step(shop):
    assert not [key for key in found(shop) if key[0] == "finished"]


def test_every_comparison_counts_in_the_correction(shop):
    answer = decisive.effects(question(shop), Outcome())

    assert answer.tested == len([each for each in answer.found if each.p_value is not None])
    assert answer.units == 100


def test_few_are_too_few_to_say(warehouse):
    shop = make_workspace()
    signals = [
        make_signal(name=name, external_id=f"who-{who}", at=MONDAY + timedelta(hours=hour))
        for who, way in enumerate((["Began", "Tried", "Tried"], STEPS, STEPS))
        for hour, name in enumerate(way)
    ]
    observe(shop, *signals, make_signal(name="Began", external_id="x", at=MONDAY + timedelta(days=99)))

    effects = found(shop).values()

    assert effects
    assert all(each.is_thin and each.p_value is None and not each.is_called for each in effects)


def test_without_a_bound_step_nothing_is_compared(shop):
    steps = (FlowStep("a", "A", None),)

    assert decisive.effects(question(shop, steps=steps), Outcome()).found == ()
