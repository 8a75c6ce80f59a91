from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse

from wayline.accounts.testing import make_member
from wayline.journeys import operations, tasks
from wayline.journeys.models import DriftAlarm, Journey, Version
from wayline.journeys.operations.refusals import AlreadyMuted
from wayline.journeys.queries import measured, talks
from wayline.journeys.testing import MONDAY, make_journey, travel
from wayline.journeys.tests.pages import SHORT, WHOLE, page, text

pytestmark = pytest.mark.django_db
REVIEWED = MONDAY + timedelta(days=40)


@pytest.fixture
def kept(noor, warehouse):
    """Forty of fifty went through before the version was kept, ten of fifty afterwards."""
    journey = make_journey(workspace=noor.workspace, window_days=7)
    travel(noor.workspace, (WHOLE, 40), (SHORT, 10))
    travel(noor.workspace, (SHORT, 1), at=MONDAY + timedelta(days=38))  # so that the others' time is over
    version = operations.save_version(journey, name="Before", by=noor.user, now=REVIEWED)
    travel(noor.workspace, (WHOLE, 10), (SHORT, 40), at=REVIEWED + timedelta(days=1))
    travel(noor.workspace, (SHORT, 1), at=REVIEWED + timedelta(days=30))
    return version


def test_a_version_keeps_what_was_measured_that_day(kept):
    whole = Version.objects.get().measured["whole"]["conversion"]

    assert (whole["value"], whole["n"]) == (0.8, 50)
    assert whole["low"] < 0.8 < whole["high"]


def test_the_difference_page_says_what_became_of_it(client, kept):
    said = text(client.get(page("version", kept_of(kept), "")))

    assert "Whole journey" in said
    assert '<span class="chip bad">down</span>' in said
    assert "n 50" in said


def kept_of(version):
    version.workspace = version.journey.workspace
    return version


def test_days_that_stand_on_both_sides_claim_nothing(client, noor, kept):
    later = operations.save_version(
        kept.journey, name="Soon after", by=noor.user, now=REVIEWED + timedelta(days=3)
    )

    said = text(client.get(page("version", kept_of(kept), f"?against={later.pk}")))

    assert "no difference is claimed" in said
    assert measured.compared(kept.measured, later.measured, {}).figures[0].verdict == ""


def test_a_version_of_a_map_without_bindings_says_that_nothing_was_measured(client, noor, warehouse):
    journey = make_journey(workspace=noor.workspace)
    journey.phases.get().steps.update(condition=None)
    version = operations.save_version(journey, name="Drawn", by=noor.user, now=REVIEWED)

    assert version.measured == {}
    assert "Nothing was measured" in text(client.get(page("version", kept_of(version), "")))


@pytest.fixture
def drifted(noor, warehouse):
    """Before the review everybody kept to the path; since then most skip a step."""
    journey = make_journey(workspace=noor.workspace, owner=noor.user)
    travel(noor.workspace, (WHOLE, 60))
    operations.review_journey(journey, by=noor.user, now=REVIEWED)
    skipping = "Order Placed > Order Delivered"
    travel(noor.workspace, (skipping, 50), (WHOLE, 10), at=REVIEWED + timedelta(days=1))
    return journey


NOW = REVIEWED + timedelta(days=15)


def test_the_owner_is_told_once_in_the_product_and_by_mail(
    client, noor, drifted, django_capture_on_commit_callbacks
):
    first, second = (operations.ring_drift(drifted, now=NOW) for _ in range(2))
    for _ in range(2):
        tasks.mail_drift({"alarm": first.pk})

    notices = text(client.get(reverse("journeys:notices", args=[noor.workspace.slug])))
    assert second is None
    assert [letter.to for letter in mail.outbox] == [[noor.user.email]]
    assert "Skip steps or go back: 0% before the review (n 60)" in mail.outbox[0].body
    assert "Customers have left the mapped path" in notices
    assert talks.unread(noor) == 1


def test_reading_the_notices_reads_the_alarm(client, noor, drifted):
    operations.ring_drift(drifted, now=NOW)

    client.post(reverse("journeys:read_notices", args=[noor.workspace.slug]))

    assert talks.unread(noor) == 0


def test_a_muted_journey_is_quiet_until_it_is_unmuted(client, noor, drifted):
    mute = reverse("journeys:mute_drift", args=[noor.workspace.slug, drifted.pk])
    client.post(mute)
    muted = operations.ring_drift(Journey.objects.get(), now=NOW)

    client.post(mute)

    assert muted is None
    assert operations.ring_drift(Journey.objects.get(), now=NOW)
    with pytest.raises(AlreadyMuted):
        operations.unmute_drift(Journey.objects.get(), by=noor.user, now=NOW)


def test_after_the_next_review_it_can_ring_again(noor, drifted):
    operations.ring_drift(drifted, now=NOW)
    operations.review_journey(drifted, by=noor.user, now=NOW)

    assert operations.ring_drift(drifted, now=NOW + timedelta(days=15)) is None  # nothing happened since
    assert DriftAlarm.objects.count() == 1


def test_an_owner_who_left_is_not_told(noor, drifted):
    Journey.objects.update(owner=make_member().user)

    assert operations.ring_drift(Journey.objects.get(), now=NOW).user is None


def test_the_daily_look_rings_for_every_reviewed_map(noor, drifted, monkeypatch):
    monkeypatch.setattr(tasks.timezone, "now", lambda: NOW)

    tasks.watch_drift({})

    assert DriftAlarm.objects.get().user == noor.user
