from datetime import UTC, date, datetime, timedelta

import pytest

from wayline.accounts.testing import make_user
from wayline.audit.models import Activity
from wayline.insights import operations
from wayline.insights.models import Evidence, Insight
from wayline.insights.testing import make_evidence, make_insight
from wayline.journeys.models import Card, Placement
from wayline.journeys.testing import make_journey
from wayline.signals.conditions import SignalIs

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LOST = SignalIs(names=("Parcel Lost",))


def test_an_insight_is_a_card_on_the_step_it_was_found_at():
    journey, noor = make_journey(), make_user()
    step = journey.phases.get().steps.first()

    insight = operations.write_insight(
        journey.workspace, title="Parcel never came", kind="pain", step=step, by=noor, now=NOW
    )

    assert insight.card.kind == Card.Kind.PAIN
    placement = Placement.objects.get(card=insight.card)
    assert (placement.step, placement.lane) == (step, "pain")
    assert {"insight.written", "insight.placed"} <= set(Activity.objects.values_list("name", flat=True))


@pytest.mark.parametrize("kind", ["need", "observation", "gain"])
def test_every_kind_has_a_lane_of_its_own(kind):
    journey = make_journey()
    step = journey.phases.get().steps.first()

    insight = operations.write_insight(
        journey.workspace, title="I want to know", kind=kind, step=step, by=None, now=NOW
    )

    assert insight.card.placements.get().lane == kind


def test_what_is_no_insight_is_refused():
    with pytest.raises(operations.KindUnknown, match="pain, gain"):
        operations.write_insight(make_insight().workspace, title="x", kind="metric", by=None, now=NOW)


def test_evidence_that_says_nothing_is_refused():
    insight = make_insight()

    with pytest.raises(operations.EvidenceMissing, match="Choose which signals"):
        operations.add_evidence(insight, kind="signals", by=None, now=NOW)
    with pytest.raises(operations.EvidenceMissing, match="at least one signal"):
        operations.add_evidence(insight, kind="signals", condition=SignalIs(), by=None, now=NOW)
    with pytest.raises(operations.EvidenceMissing, match="Write down"):
        operations.add_evidence(insight, kind="note", text=" ", by=None, now=NOW)
    with pytest.raises(operations.EvidenceInTheFuture):
        operations.add_evidence(insight, kind="note", text="x", said_on=date(2026, 3, 9), by=None, now=NOW)
    assert not Evidence.objects.exists()


def test_removed_evidence_comes_back():
    evidence = make_evidence()

    operations.remove_evidence(evidence, by=None, now=NOW)
    with pytest.raises(operations.AlreadyDone):
        operations.remove_evidence(evidence, by=None, now=NOW)
    operations.restore_evidence(evidence, by=None, now=NOW)

    evidence.refresh_from_db()
    assert evidence.deleted_at is None


def test_a_deleted_insight_is_nowhere_until_it_is_restored():
    insight = make_insight()

    operations.delete_insight(insight, by=None, now=NOW)
    with pytest.raises(operations.AlreadyDone):
        operations.describe_insight(Insight.objects.get(), fresh_days=30, by=None, now=NOW)
    operations.restore_insight(insight, by=None, now=NOW + timedelta(minutes=1))

    insight.card.refresh_from_db()
    assert insight.card.deleted_at is None


def test_freshness_stays_within_ten_years():
    with pytest.raises(operations.FreshnessOutOfRange):
        operations.describe_insight(make_insight(), fresh_days=0, by=None, now=NOW)
