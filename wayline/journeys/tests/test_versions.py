from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from wayline.accounts.testing import bearer, make_key, make_member
from wayline.journeys import operations
from wayline.journeys.announcing import topic
from wayline.journeys.exchange import drawing
from wayline.journeys.models import Journey, Step, Version
from wayline.journeys.operations.refusals import AlreadyApproved, NothingChanged, WindowOutOfRange
from wayline.journeys.queries import differences, freshness, history
from wayline.journeys.testing import MONDAY, make_card, make_journey, travel
from wayline.journeys.tests.pages import WHOLE, text
from wayline.kit import live

pytestmark = pytest.mark.django_db


def by(member):
    return {"by": member.user, "now": timezone.now()}


@pytest.fixture
def drawn(noor):
    return make_journey(workspace=noor.workspace)


def test_a_version_is_restored_and_that_is_undone(drawn, noor):
    version = operations.save_version(drawn, name="First", **by(noor))
    operations.add_phase(drawn, name="Later", **by(noor))
    operations.delete_step(Step.objects.get(key="order-shipped"), **by(noor))
    changed = drawing.document_of(drawn)

    kept = operations.restore_version(version, **by(noor))

    assert drawing.document_of(drawn).revision == version.revision
    operations.restore_version(kept, **by(noor))
    assert drawing.document_of(drawn) == changed
    assert [each.number for each in Version.objects.all()] == [3, 2, 1]


def test_whoever_has_the_map_open_sees_it_restored(drawn, noor):
    version = operations.save_version(drawn, name="First", **by(noor))
    operations.delete_step(Step.objects.get(key="order-shipped"), **by(noor))

    with live.overhearing() as announced:
        operations.restore_version(version, **by(noor))

    assert [(each.topic, each.facts["whole"]) for each in announced] == [(topic(drawn.pk), True)]


def test_a_version_like_the_map_is_not_restored(drawn, noor):
    version = operations.save_version(drawn, name="First", **by(noor))

    with pytest.raises(NothingChanged):
        operations.restore_version(version, **by(noor))


def test_an_approval_is_given_once_and_taken_back(drawn, noor):
    version = operations.save_version(drawn, name="Plan", kind="to_be", **by(noor))

    operations.approve_version(version, **by(noor))

    with pytest.raises(AlreadyApproved):
        operations.approve_version(version, **by(noor))
    operations.withdraw_approval(version, **by(noor))
    version.refresh_from_db()
    assert version.approved_at is None


def test_differences_say_what_came_went_moved_and_changed(drawn, noor):
    before = drawing.document_of(drawn)
    placed, shipped, delivered = Step.objects.order_by("position")
    operations.rename_step(placed, title="I order", **by(noor))
    operations.mark_step(placed, is_moment=True, **by(noor))
    operations.add_touchpoint(placed, name="Shop", channel="web", **by(noor))
    operations.delete_step(shipped, **by(noor))
    later = operations.add_phase(drawn, name="After", **by(noor))
    operations.move_step(delivered, phase=later, **by(noor))
    operations.describe_journey(drawn, goal="Quickly", **by(noor))

    found = differences.differences(before, drawing.document_of(drawn))

    assert [(each.what, each.where) for each in found] == [
        ("changed", "Goal"),
        ("added", "Phase"),
        ("removed", "Step “Order Shipped”"),
        ("changed", "“I order”, title"),
        ("changed", "“I order”, moment that matters"),
        ("added", "“I order”, touchpoint"),
        ("moved", "Step “Order Delivered”"),
    ]
    assert (found[0].before, found[0].after) == ("nothing", "Quickly")


def told(before, after):
    found = differences.differences(before, drawing.document_of(after))
    return [(each.what, each.where, each.before, each.after) for each in found]


def test_a_phase_that_moves_takes_no_steps_out_of_their_order_and_one_renamed_stays(drawn, noor):
    later = operations.add_phase(drawn, name="Later", **by(noor))
    operations.add_step(later, title="I tell my friends", **by(noor))
    before = drawing.document_of(drawn)

    operations.move_phase(later, places=-1, **by(noor))
    operations.rename_phase(later, name="Afterwards", **by(noor))

    phase = drawn.phases.exclude(pk=later.pk).get().name
    assert told(before, drawn) == [
        ("changed", "Name of a phase", "Later", "Afterwards"),
        ("moved", "Phases", f"{phase} › Afterwards", f"Afterwards › {phase}"),
    ]


def test_of_three_steps_only_the_one_that_was_moved_is_told(drawn, noor):
    before = drawing.document_of(drawn)
    phase = drawn.phases.get()

    operations.move_step(Step.objects.get(key="order-placed"), places=2, **by(noor))

    where = [f"in {phase}, place {place}" for place in (1, 3)]
    assert told(before, drawn) == [("moved", "Step “Order Placed”", *where)]


def test_cards_are_told_by_where_they_went_and_what_they_now_say(drawn, noor):
    placed, shipped, _ = Step.objects.order_by("position")
    late, lost, gone = (make_card(placed, title=title) for title in ("Late", "Lost", "Gone"))
    before = drawing.document_of(drawn)

    operations.move_cards([late], step=shipped, lane="gain", **by(noor))
    operations.describe_card(lost.card, journey=drawn, title="Lost for days", **by(noor))
    operations.describe_card(gone.card, journey=drawn, channel="Mail", **by(noor))
    operations.move_cards([gone], step=placed, before=lost, **by(noor))

    here = "“Order Placed”, Pain points"
    assert told(before, drawn) == [
        ("changed", f"{here}, card “Gone”, channel", "nothing", "Mail"),
        ("moved", "Card “Late”", here, "“Order Shipped”, Gains"),
        ("changed", f"{here}, card", "Lost", "Lost for days"),
    ]


def test_another_order_of_the_same_cards_is_no_likeness(drawn, noor):
    step = Step.objects.order_by("position").first()
    late, lost = (make_card(step, title=title) for title in ("Late", "Lost"))
    before = drawing.document_of(drawn)

    operations.move_cards([lost], step=step, before=late, **by(noor))

    assert told(before, drawn) == [("moved", "“Order Placed”, Pain points", "Late › Lost", "Lost › Late")]


def test_ways_and_lanes_are_told_in_the_words_of_the_map(drawn, noor):
    placed, shipped, _ = Step.objects.order_by("position")
    before = drawing.document_of(drawn)

    operations.add_edge(shipped, placed, label="if lost", **by(noor))
    operations.rename_lane(drawn, "pain", title="Woes", **by(noor))
    operations.hide_lane(drawn, "opportunity", **by(noor))

    assert told(before, drawn) == [
        ("added", "Branch or loop", "", "Order Shipped → Order Placed, if lost"),
        ("changed", "Lane “Opportunities”", "shown", "hidden"),
        ("changed", "Lane “Woes”, title", "Pain points", "Woes"),
    ]


@pytest.fixture
def reviewed(noor, warehouse):
    """Before the review all go as drawn; since, most skip the shipping and call instead."""
    journey = make_journey(workspace=noor.workspace)
    travel(noor.workspace, (WHOLE, 60), at=MONDAY - timedelta(days=20))
    travel(noor.workspace, (WHOLE, 20), ("Order Placed > Called Us > Order Delivered", 40), at=MONDAY)
    now = MONDAY - timedelta(days=1)
    operations.review_journey(journey, by=noor.user, now=now)
    return journey


def test_drift_rings_when_customers_leave_the_path(reviewed):
    found = freshness.freshness(reviewed, now=MONDAY + timedelta(days=15))

    assert (found.state, found.weeks, found.is_alarm) == ("fresh", 2, True)
    order, beside = found.watched
    assert (order.drift.change.before.value, order.drift.change.before.n) == (0, 60)
    assert order.drift.change.difference == pytest.approx(40 / 60)
    assert beside.drift.is_alarm


def test_nothing_is_tested_in_the_first_week_and_a_review_becomes_due(reviewed):
    assert freshness.freshness(reviewed, now=MONDAY + timedelta(days=3)).watched == ()
    assert freshness.freshness(reviewed, now=MONDAY + timedelta(days=120)).state == "due"


def test_a_review_starts_anew(reviewed, noor):
    operations.review_journey(reviewed, by=noor.user, now=MONDAY + timedelta(days=10))

    assert not freshness.freshness(reviewed, now=MONDAY + timedelta(days=30)).is_alarm


def test_reviews_are_neither_daily_nor_never(drawn, noor):
    with pytest.raises(WindowOutOfRange):
        operations.review_journey(drawn, days=1, **by(noor))


def test_the_pages_save_compare_review_and_restore(client, drawn, noor, warehouse):
    slug = noor.workspace.slug
    client.post(reverse("journeys:save_version", args=[slug, drawn.pk]), {"name": "First", "kind": "as_is"})
    version = Version.objects.get()
    operations.describe_journey(drawn, goal="Quickly", **by(noor))

    page = client.get(version.get_absolute_url())

    assert "Quickly" in text(page)
    client.post(reverse("journeys:restore_version", args=[slug, version.pk]))
    assert Journey.objects.get().goal == ""
    client.post(reverse("journeys:review", args=[slug, drawn.pk]), {"days": "30", "note": "With Maya"})
    answer = client.get(reverse("journeys:versions", args=[slug, drawn.pk]))
    assert "Next review in 30 days" in text(answer)
    assert "Reviewed a journey" in text(answer)
    refused = client.post(reverse("journeys:save_version", args=[slug, drawn.pk]), {"name": " "})
    assert refused.status_code == 409


def test_the_history_tells_of_cards_lanes_and_what_was_changed(drawn, noor):
    step = Step.objects.get(key="order-placed")
    late = operations.add_card(drawn, step=step, lane="pain", title="Late", **by(noor))
    operations.rename_step(step, title="I order", **by(noor))
    operations.mark_step(step, is_fail_point=True, **by(noor))
    operations.hide_lane(drawn, "opportunity", **by(noor))
    operations.undo(drawn, **by(noor))
    elsewhere = make_journey(workspace=noor.workspace, title="I return it")
    there = elsewhere.phases.get().steps.first()
    operations.place_card(late.card, journey=elsewhere, step=there, lane="pain", **by(noor))

    found, has_earlier = history.history(drawn, noor)

    assert not has_earlier
    assert [(each.said, each.subject, each.more) for each in found] == [
        ("Undid a change of a map", str(drawn), "Hid the lane “Opportunities”"),
        ("Changed a lane", "Opportunities", "hidden"),
        ("Marked a step", "I order", "a fail point"),
        ("Renamed a step", "I order", "was “Order Placed”"),
        ("Added a card", "Late", "at “Order Placed”"),
    ]


def test_a_long_history_has_pages(client, drawn, noor, warehouse, monkeypatch):
    monkeypatch.setattr(history, "ON_A_PAGE", 2)
    for name in ("One", "Two", "Three"):
        operations.save_version(drawn, name=name, **by(noor))
    address = reverse("journeys:versions", args=[noor.workspace.slug, drawn.pk])

    first, second = (client.get(address, {"page": page}) for page in ("1", "2"))

    told = [text(page).split("History")[1] for page in (first, second)]
    assert [("3. Three" in each, "Earlier" in each, "Later" in each) for each in told] == [
        (True, True, False),
        (False, False, True),
    ]
    assert client.get(address, {"page": "²"}).status_code == 200


def test_only_managers_approve(client, drawn, noor, warehouse):
    version = operations.save_version(drawn, name="Plan", **by(noor))
    address = reverse("journeys:approve_version", args=[noor.workspace.slug, version.pk])

    assert client.post(address).status_code == 403
    maya = make_member(workspace=noor.workspace, role="manager")
    client.force_login(maya.user)
    client.post(address)
    version.refresh_from_db()
    assert version.approved_by == maya.user


def test_programs_save_and_compare_versions(client, warehouse):
    key = make_key(role="contributor")
    journey = make_journey(workspace=key.workspace)
    headers = {"content_type": "application/json", **bearer(key)}
    path = f"/api/v1/journeys/{journey.pk}"

    made = client.post(f"{path}/versions", {"name": "First"}, **headers).json()
    client.post(f"{path}/describe", {"goal": "Quickly"}, **headers)

    found = client.get(f"/api/v1/journeys/versions/{made['id']}", **bearer(key)).json()
    assert [each["where"] for each in found["differences_to_now"]] == ["Goal"]
    reviewed = client.post(f"{path}/review", {"days": 30}, **headers).json()
    assert (reviewed["state"], reviewed["weeks"]) == ("fresh", 0)
