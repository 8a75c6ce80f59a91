"""A journey that only some may see: on pages, by programs, in exports, links, searches and live messages."""

import pytest
from django.urls import reverse
from django.utils import timezone

from wayline.accounts.testing import bearer, make_key, make_member
from wayline.audit.models import Activity
from wayline.audit.testing import make_activity
from wayline.journeys import cells, live, operations
from wayline.journeys.models import Card, Journey, Notice, Phase, Placement, Seat, Share
from wayline.journeys.operations.refusals import MayNotChange, OwnerNotHere
from wayline.journeys.queries import board, gaps, talks
from wayline.journeys.testing import make_card, make_journey, make_step
from wayline.journeys.tests.pages import page, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def closed(noor, warehouse):
    """A journey with a card, which nobody but the workspace's owners may see."""
    journey = make_journey(workspace=noor.workspace, title="I leave the bank")
    make_card(journey.phases.get().steps.first(), title="They beg me to stay")
    operations.restrict_journey(journey, people={}, by=None, now=timezone.now())
    journey.refresh_from_db()
    return journey


def seat(journey, member, may_edit=False):
    return Seat.objects.create(journey=journey, user=member.user, may_edit=may_edit)


PAGES = ("map", "present", "people", "paths", "edit", "settings", "access", "place", "versions", "exports",
         "shares", "discussions", "lanes", "stream", "heat_map")  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_its_pages_are_not_there_for_whoever_has_no_seat(client, closed, name):
    assert client.get(page(name, closed)).status_code == 404


@pytest.mark.parametrize("format", ["json", "csv"])
def test_its_exports_are_not_there_either(client, noor, closed, format):
    address = reverse("journeys:export", args=[noor.workspace.slug, closed.pk, format])

    assert client.get(address).status_code == 404
    seat(closed, noor)
    assert client.get(address).status_code == 200


def test_nothing_of_it_is_found_in_libraries_and_searches(client, noor, closed):
    slug = noor.workspace.slug
    for address in (f"/{slug}/journeys/", f"/{slug}/journeys/?view=tree", f"/{slug}/search/?q=bank"):
        assert "I leave the bank" not in text(client.get(address))
    assert board.library(noor, "beg me") == []
    assert gaps.gaps(noor).journeys == 0


def test_a_seat_shows_it_and_an_owner_sees_everything(client, noor, closed):
    seat(closed, noor)
    assert client.get(page("map", closed)).status_code == 200
    assert "data-may-edit" not in text(client.get(page("map", closed)))

    client.force_login(make_member(workspace=noor.workspace, role="owner").user)
    assert "data-may-edit" in text(client.get(page("map", closed)))


def test_who_may_only_see_it_is_refused_every_change(client, noor, closed):
    seat(closed, noor)
    placement = Placement.objects.get()
    address = reverse("journeys:rename_card", args=[noor.workspace.slug, placement.pk])

    answer = client.post(address, {"title": "Mine"}, headers={"HX-Request": "true"})

    assert (answer.status_code, Card.objects.get().title) == (403, "They beg me to stay")
    assert "may no longer change" in text(answer)


@pytest.mark.parametrize(
    "act",
    [
        lambda journey, **by: operations.add_phase(journey, name="More", **by),
        lambda journey, **by: operations.describe_journey(journey, title="Mine", **by),
        lambda journey, **by: operations.delete_journey(journey, **by),
        lambda journey, **by: operations.make_share(journey, **by),
        lambda journey, **by: operations.save_version(journey, name="Mine", **by),
        lambda journey, **by: operations.review_journey(journey, **by),
        lambda journey, **by: operations.restrict_journey(journey, people={}, **by),
        lambda journey, **by: operations.open_journey(journey, **by),
    ],
)
def test_no_operation_gets_past_it(noor, closed, act):
    with pytest.raises(MayNotChange):
        act(closed, by=noor.user, now=timezone.now())


def test_a_change_of_many_leaves_it_alone(noor, closed):
    with pytest.raises(Exception, match="nothing was changed"):
        operations.change_journeys(
            noor.workspace, journeys=[closed.pk], act="tag", value="mine", by=noor.user, now=timezone.now()
        )


def test_who_may_change_it_changes_it(noor, closed):
    seat(closed, noor, may_edit=True)

    operations.add_phase(closed, name="After", by=noor.user, now=timezone.now())

    assert Phase.objects.filter(name="After").exists()


def test_its_live_stream_ends_for_who_lost_the_right(noor, closed):
    maya = make_member(workspace=noor.workspace, role="owner")
    omar = make_member(workspace=noor.workspace, role="viewer")
    seat(closed, omar)

    assert live.readers(str(closed.pk), {noor.user.pk, maya.user.pk, omar.user.pk}) == {
        maya.user.pk,
        omar.user.pk,
    }


def test_restricting_ends_links_and_keeps_the_right_of_who_did_it(client, noor, warehouse):
    journey = make_journey(workspace=noor.workspace)
    operations.make_share(journey, by=noor.user, now=timezone.now())
    client.force_login((maya := make_member(workspace=noor.workspace, role="manager")).user)
    omar = make_member(workspace=noor.workspace)

    client.post(page("restrict", journey, ""), {f"person-{omar.user.pk}": "see"})

    assert {(each.user, each.may_edit) for each in Seat.objects.all()} == {
        (maya.user, True),
        (omar.user, False),
    }
    assert not Share.objects.usable(timezone.now()).exists()
    client.post(page("open", journey, ""))
    assert not Journey.objects.get().is_restricted


def test_strangers_are_not_let_in(noor, closed):
    stranger = make_member()

    with pytest.raises(OwnerNotHere):
        operations.restrict_journey(closed, people={stranger.user.pk: True}, by=None, now=timezone.now())


def test_a_contributor_sees_who_has_access_but_does_not_decide(client, noor, closed):
    seat(closed, noor, may_edit=True)

    assert "A manager of the workspace can change this" in text(client.get(page("access", closed)))
    assert client.post(page("open", closed)).status_code == 403


def test_its_title_is_not_said_on_other_maps(noor, closed):
    step = make_step(make_journey(workspace=noor.workspace, steps=()).phases.get())
    make_card(step, linked_journey=closed, title="Further")
    card = Card.objects.get(title="They beg me to stay")
    Placement.objects.create(card=card, journey=step.phase.journey, step=step, lane="pain", position=9)

    (cell,) = board.some_cells(step.phase.journey, {("pain", step.pk)})

    drawn = cells.draw(cell)
    assert "I leave the bank" not in drawn
    assert "A restricted journey" in drawn
    assert "more map" not in drawn
    assert [each.journey for each in board.maps_of(card, noor)] == [step.phase.journey]


def test_nobody_is_called_to_what_they_may_not_read(noor, closed):
    maya = make_member(workspace=noor.workspace, role="owner")
    said = f"@{noor.user.email} @{maya.user.email} look"

    operations.begin_thread(closed, text=said, by=None, now=timezone.now())

    assert [notice.user for notice in Notice.objects.all()] == [maya.user]
    assert talks.unread(noor) == 0


def test_programs_restrict_share_undo_and_see_what_their_maker_may(client, noor, warehouse):
    journey = make_journey(workspace=noor.workspace)
    maya = make_member(workspace=noor.workspace, role="manager")
    hers = make_key(workspace=noor.workspace, role="manager", created_by=maya.user)
    anybodys = make_key(workspace=noor.workspace, role="manager")
    base = f"/api/v1/journeys/{journey.pk}"
    ask = {"content_type": "application/json"} | bearer(hers)

    answer = client.post(f"{base}/restrict", {"people": [{"user": noor.user.pk}]}, **ask).json()

    people = {(each["user"], each["may_edit"]) for each in answer["people"]}
    assert (answer["is_restricted"], people) == (True, {(noor.user.pk, False), (maya.user.pk, True)})
    assert client.get(base, **bearer(anybodys)).status_code == 404
    shared = client.post(f"{base}/shares", {"name": "Board"}, **ask).json()
    assert client.get(shared["address"]).status_code == 200
    client.post(f"{base}/phases", {"name": "After"}, **ask)
    assert client.post(f"{base}/undo", **ask).json()["state"] == "undone"
    assert client.post(f"{base}/redo", **ask).json()["state"] == "done"
    assert client.post(f"{base}/open", **ask).json() == {"is_restricted": False, "people": []}


def test_activities_name_it_to_nobody_without_a_seat(client, noor, closed):
    """Its own, those of what stands on it, and those that only mention it; others stay."""
    said = {"by": None, "now": timezone.now()}
    operations.describe_journey(closed, title="I leave the bank at last", **said)
    (card,) = closed.phases.get().steps.first().placements.all()
    operations.rename_step(card.step, title="I say that I go", **said)
    operations.describe_card(card.card, journey=closed, title="They beg me", **said)
    operations.begin_thread(closed, text="Why?", subject_kind="step", subject_key=str(card.step_id), **said)
    make_activity(
        workspace=noor.workspace, name="insight.placed", details={"journey": closed.pk, "step": "go"}
    )
    make_activity(workspace=noor.workspace, name="persona.created", subject_label="Priya")
    address = f"/{noor.workspace.slug}/activities/"
    key = make_key(workspace=noor.workspace)

    told = text(client.get(address)) + text(client.get("/api/v1/audit/activities", **bearer(key)))

    assert told.count("Priya") == 2
    assert [words for words in ("the bank", "They beg", "that I go") if words in told] == []
    assert {each.subject_label for each in Activity.objects.visible_to(noor)} == {"Priya"}
    seat(closed, noor)
    assert "I leave the bank at last" in text(client.get(address))
    assert Activity.objects.visible_to(noor).count() == Activity.objects.count()
