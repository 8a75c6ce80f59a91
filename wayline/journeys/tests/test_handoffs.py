import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from wayline.accounts.testing import bearer, make_key, make_member
from wayline.journeys import operations, queries
from wayline.journeys.exchange import document, drawing
from wayline.journeys.models import Handoff
from wayline.journeys.operations.refusals import CardElsewhere, WaitOutOfRange
from wayline.journeys.queries import differences, handoffs
from wayline.journeys.testing import MONDAY, make_card, make_handoff, make_journey, travel
from wayline.journeys.tests.pages import page, text

pytestmark = pytest.mark.django_db


def by(member):
    return {"by": member.user, "now": timezone.now()}


@pytest.fixture
def shipping(noor, warehouse):
    """Forty orders are shipped an hour after they were placed, ten never."""
    journey = make_journey(workspace=noor.workspace)
    travel(noor.workspace, ("Order Placed > Order Shipped", 40), ("Order Placed", 10))
    travel(noor.workspace, ("Order Placed", 1), at=MONDAY + timedelta(days=60))
    return journey


def measured(journey):
    return handoffs.of_journey(journey, queries.usual_reading(journey, now=timezone.now()))[0]


@pytest.mark.parametrize(("minutes", "verdict"), [(30, "late"), (120, "in time"), (None, "")])
def test_the_expected_wait_stands_beside_the_measured_one(shipping, minutes, verdict):
    make_handoff(journey=shipping, expected_minutes=minutes)

    found = measured(shipping)

    assert (found.median.value, found.median.n, found.passed.value, found.passed.n) == (3600, 40, 0.8, 50)
    assert found.verdict == verdict


def test_signals_of_its_own_measure_a_handoff_within_one_step(shipping):
    shipping.phases.get().steps.update(condition=None)
    make_handoff(journey=shipping, begins_with="Order Placed", ends_with="Order Shipped")

    assert measured(shipping).verdict == "in time"


def test_a_handoff_between_unbound_steps_is_not_measured(noor, warehouse):
    journey = make_journey(workspace=noor.workspace)
    journey.phases.get().steps.update(condition=None)
    make_handoff(journey=journey)

    assert measured(journey).verdict == "not measured"


def test_it_is_drawn_changed_taken_away_and_undone(client, noor, shipping):
    drawn = make_handoff(journey=shipping)
    source, target = drawn.source, drawn.target
    drawn.delete()
    slug = noor.workspace.slug
    add = reverse("journeys:add_handoff", args=[slug, shipping.pk])
    client.post(add, {"source": source.pk, "target": target.pk, "wait": "1.5", "unit": "hours"})
    handoff = Handoff.objects.get()
    client.post(reverse("journeys:describe_handoff", args=[slug, handoff.pk]), {"wait": "2", "unit": "days"})
    waits = [handoff.expected_minutes, Handoff.objects.get().expected_minutes]

    client.post(reverse("journeys:delete_handoff", args=[slug, handoff.pk]))
    gone = Handoff.objects.kept().exists()
    operations.undo(shipping, **by(noor))

    assert waits == [90, 2880]
    assert [gone, Handoff.objects.kept().exists()] == [False, True]


def test_the_blueprint_lists_its_handoffs_and_marks_the_late_ones(client, shipping):
    make_handoff(journey=shipping, expected_minutes=30)

    blueprint = text(client.get(page("map", shipping, "?view=blueprint")))

    assert "The warehouse packs it" in blueprint
    assert "data-late" in blueprint
    assert "data-handoffs" not in text(client.get(page("map", shipping, "")))


def test_a_handoff_ends_at_cards_of_its_blueprint(noor, shipping):
    handoff = make_handoff(journey=shipping)
    pain = make_card(shipping.phases.get().steps.first())
    elsewhere = make_handoff(workspace=noor.workspace).target

    for target in (handoff.source, pain, elsewhere):
        with pytest.raises(CardElsewhere):
            operations.add_handoff(handoff.source, target, **by(noor))


@pytest.mark.parametrize("minutes", [0, -1, 10**7])
def test_a_wait_is_a_minute_to_a_year(noor, shipping, minutes):
    handoff = make_handoff(journey=shipping)

    with pytest.raises(WaitOutOfRange):
        operations.describe_handoff(handoff, expected_minutes=minutes, **by(noor))


def test_a_wait_that_is_no_number_is_refused_on_the_page(client, noor, shipping):
    handoff = make_handoff(journey=shipping)
    address = reverse("journeys:describe_handoff", args=[noor.workspace.slug, handoff.pk])

    assert client.post(address, {"wait": "long"}).status_code == 422


def test_a_new_one_leads_on_and_keeps_what_was_refused(client, noor, shipping):
    """Two different cards are proposed, on from the last handoff; a refusal keeps what was written."""
    address = reverse("journeys:add_handoff", args=[noor.workspace.slug, shipping.pk])
    drawn = make_handoff(journey=shipping)
    make_card(drawn.target.step, lane="system", kind="system", title="The carrier's own")

    proposed = re.findall(r'value="(\d+)" selected', text(client.get(page("handoffs", shipping, ""))))[-2:]
    refused = client.post(address, dict(zip(("source", "target"), proposed, strict=True)) | {"wait": "long"})

    assert (len(set(proposed)), proposed[0]) == (2, str(drawn.target_id))
    assert refused.status_code == 422
    assert re.findall(r'value="(\d+)" selected', text(refused))[-2:] == proposed
    assert 'value="long"' in text(refused)


def test_a_viewer_reads_the_waits(client, noor, shipping):
    make_handoff(journey=shipping)
    client.force_login(make_member(workspace=noor.workspace, role="viewer").user)

    said = text(client.get(page("handoffs", shipping, "")))

    assert "The desk takes the order" in said
    assert "A new handoff" not in said


def test_programs_draw_and_read_handoffs(client, noor, shipping):
    drawn = make_handoff(journey=shipping)
    pair = {"source": drawn.source.pk, "target": drawn.target.pk}
    drawn.delete()
    headers = bearer(make_key(workspace=noor.workspace, role="contributor"))
    address = f"/api/v1/journeys/{shipping.pk}/handoffs"

    made = [
        client.post(address, body, content_type="application/json", **headers)
        for body in (pair | {"expected_minutes": 30}, pair | {"target": 999_999})
    ]
    listed = client.get(address, **headers).json()

    assert [each.status_code for each in made] == [201, 409]
    assert (listed[0]["verdict"], listed[0]["median_seconds"]["n"]) == ("late", 40)


def test_the_file_the_version_and_the_difference_know_the_handoffs(noor, shipping):
    handoff = make_handoff(journey=shipping)
    before = drawing.document_of(shipping)
    copy = operations.import_map(noor.workspace, document.read(document.as_yaml(before)), **by(noor))
    version = operations.save_version(shipping, name="With it", **by(noor))
    operations.describe_handoff(handoff, expected_minutes=30, **by(noor))
    told = differences.differences(before, drawing.document_of(shipping))
    operations.delete_handoff(handoff, **by(noor))

    operations.restore_version(version, **by(noor))

    assert drawing.document_of(copy) == before == drawing.document_of(shipping)
    assert [(each.what, each.before, each.after) for each in told] == [
        ("changed", "expects 120 min", "expects 30 min")
    ]


def test_a_file_whose_handoff_leads_nowhere_is_refused(shipping):
    make_handoff(journey=shipping)
    written = drawing.document_of(shipping).plain
    written["handoffs"][0]["target_card"] = "Nobody"

    with pytest.raises(document.MapNotUnderstood, match="Nobody"):
        document.parsed(written)
