from datetime import UTC, date, datetime, timedelta

import pytest

from wayline.insights import queries
from wayline.insights.models import Insight
from wayline.insights.testing import make_evidence, make_insight
from wayline.journeys.models import Placement
from wayline.journeys.testing import make_journey
from wayline.metrics.questions import Period
from wayline.signals.conditions import SignalIs, Test
from wayline.signals.testing import MONDAY, make_segment, make_signal, observe

pytestmark = pytest.mark.django_db
PERIOD = Period(MONDAY - timedelta(days=1), MONDAY + timedelta(days=30))
NOW = MONDAY + timedelta(days=20)


@pytest.fixture
def lost(warehouse):
    """Ten customers ordered; four lost a parcel, one of them twice, and one of the four never ordered."""
    journey = make_journey(steps=("Order Placed",))
    insight = make_insight(workspace=journey.workspace)
    step = journey.phases.get().steps.get()
    Placement.objects.create(card=insight.card, journey=journey, step=step, lane="pain", position=1)
    make_evidence(insight)
    ordered = [make_signal(external_id=f"c{n}") for n in range(10)]
    later = MONDAY + timedelta(days=3)
    losses = [
        make_signal(name="Parcel Lost", external_id=who, at=later, text=f"Where is it, {who}?")
        for who in ("c0", "c1", "c2", "c2", "stranger")
    ]
    observe(journey.workspace, *ordered, *losses)
    return Insight.objects.with_evidence().get()


def test_customers_count_once_and_beside_those_who_were_there(lost):
    found = queries.weighed(lost, PERIOD, now=NOW)

    assert (found.support.customers, found.support.signals) == (4, 5)
    assert (found.support.share.value, found.support.share.n) == (0.3, 10)
    assert found.support.share.low < 0.3 < found.support.share.high


def test_two_pieces_of_evidence_count_a_customer_once(lost):
    condition = SignalIs(names=("Parcel Lost", "Order Placed")).model_dump(mode="json")
    make_evidence(lost, condition=condition)

    found = queries.weighed(Insight.objects.with_evidence().get(), PERIOD, now=NOW)

    assert found.support.customers == 11


def test_messages_count_only_where_something_was_said(lost):
    condition = SignalIs(names=("Parcel Lost", "Order Placed")).model_dump(mode="json")
    lost.evidence.all().delete()
    make_evidence(lost, kind="messages", condition=condition)

    found = queries.weighed(Insight.objects.with_evidence().get(), PERIOD, now=NOW, words=2)

    assert found.support.customers == 4
    assert [moment.text for moment in found.support.words] == ["Where is it, stranger?", "Where is it, c2?"]


def test_what_the_desk_writes_is_no_evidence_unless_it_is_named(lost):
    desk = make_signal(name="Agent Replied", kind="message", external_id="c9", text="Where it is, we look.")
    asked = make_signal(name="Help Asked", kind="contact", external_id="c8", text="Where it is, I ask.")
    observe(lost.workspace, desk, asked)
    lost.evidence.all().delete()
    contains = Test(field="@text", op="contains", value="Where it is")
    make_evidence(lost, kind="messages", condition=SignalIs(where=(contains,)).model_dump(mode="json"))

    found = queries.weighed(Insight.objects.with_evidence().get(), PERIOD, now=NOW, words=2)

    assert [moment.text for moment in found.support.words] == ["Where it is, I ask."]


def test_each_piece_of_evidence_says_how_many_it_counts(lost):
    make_evidence(lost, kind="answers")
    make_evidence(lost, kind="note", text="Seen at the desk", said_on=date(2026, 3, 3), condition=None)

    pieces = queries.pieces_of(Insight.objects.with_evidence().get(), PERIOD)

    assert [(each.sentence, each.customers) for each in pieces] == [
        ("Parcel Lost", 4),
        ("Parcel Lost", 0),
        ("", None),
    ]


def test_evidence_ages_into_stale(lost):
    assert not queries.weighed(lost, PERIOD, now=NOW).is_stale
    assert queries.weighed(lost, PERIOD, now=NOW + timedelta(days=90)).is_stale


def test_a_note_keeps_an_insight_fresh(lost):
    make_evidence(lost, kind="note", condition=None, text="Noor saw it", said_on=date(2026, 6, 1))
    insight = Insight.objects.with_evidence().get()

    found = queries.weighed(insight, PERIOD, now=datetime(2026, 6, 20, tzinfo=UTC))

    assert (found.told, found.is_stale) == (1, False)


def test_an_insight_without_evidence_is_an_opinion_and_not_stale(warehouse):
    make_insight()

    found = queries.weighed(Insight.objects.with_evidence().get(), PERIOD, now=NOW)

    assert (found.support, found.has_evidence, found.is_stale) == (None, False, False)


def test_segments_say_whether_those_behind_it_are_like_the_others(lost, member):
    make_segment(workspace=lost.workspace, name="Pro")
    found = queries.weighed(lost, PERIOD, now=NOW)

    (row,) = queries.representativeness(member, found, PERIOD, now=NOW)

    assert (row.segment, row.behind.n, row.others.n) == ("Pro", 3, 7)
    assert row.difference.verdict == "too few to say"


@pytest.fixture
def member(lost):
    from wayline.accounts.testing import make_member

    return make_member(workspace=lost.workspace)
