from datetime import UTC, datetime

import pytest

from wayline.accounts.testing import make_user
from wayline.audit.models import Activity
from wayline.improvements import operations
from wayline.improvements.testing import make_opportunity
from wayline.insights.testing import make_insight
from wayline.journeys.testing import make_journey

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_an_opportunity_begins_on_steps_and_with_its_reasons():
    journey = make_journey()
    step = journey.phases.get().steps.first()
    insight = make_insight(workspace=journey.workspace)

    made = operations.write_opportunity(
        journey.workspace, title="Say where it is", steps=[step], insights=[insight], by=None, now=NOW
    )

    assert made.basis == "behind"
    assert (made.card.placements.get().step, made.insights.get()) == (step, insight)


def test_a_range_has_both_ends_and_rises():
    made = make_opportunity()

    for wrong in (
        {"value_low": 5.0},
        {"value_low": 5.0, "value_likely": 4.0, "value_high": 9.0},
        {"effort_low_weeks": 3.0, "effort_high_weeks": 2.0},
        {"effort_low_weeks": 0.0, "effort_high_weeks": 0.0},
        {"confidence": 101},
    ):
        with pytest.raises(operations.RangeUpsideDown):
            operations.estimate_opportunity(made, by=None, now=NOW, **wrong)


def test_a_judgment_needs_a_reason_and_is_written_down_with_it():
    made, noor = make_opportunity(), make_user()

    with pytest.raises(operations.ReasonMissing):
        operations.override_impact(made, customers=40, reason=" ", by=noor, now=NOW)
    operations.override_impact(made, customers=40, reason="The log misses shops", by=noor, now=NOW)

    assert (made.override, made.overridden_by, made.overridden_at) == (40, noor, NOW)
    logged = Activity.objects.get(name="opportunity.impact_overridden")
    assert (logged.by_id, logged.details["reason"]) == (noor.pk, "The log misses shops")


def test_going_back_to_what_is_measured_forgets_the_judgment():
    made = make_opportunity(override=40, override_reason="Because")

    operations.compute_impact(made, by=None, now=NOW)
    with pytest.raises(operations.AlreadyDone):
        operations.compute_impact(made, by=None, now=NOW)

    assert (made.override, made.override_reason) == (None, "")


def test_an_insight_of_another_workspace_is_no_reason():
    with pytest.raises(operations.InsightElsewhere):
        operations.link_insight(make_opportunity(), insight=make_insight(), by=None, now=NOW)


def test_a_deleted_opportunity_comes_back():
    made = make_opportunity()

    operations.delete_opportunity(made, by=None, now=NOW)
    with pytest.raises(operations.AlreadyDone):
        operations.move_opportunity(made, status="doing", by=None, now=NOW)
    operations.restore_opportunity(made, by=None, now=NOW)
    operations.move_opportunity(made, status="doing", by=None, now=NOW)

    assert made.status == "doing"


def test_a_column_that_is_not_there_is_refused():
    with pytest.raises(operations.ChoiceUnknown, match="considered, chosen"):
        operations.move_opportunity(make_opportunity(), status="later", by=None, now=NOW)
