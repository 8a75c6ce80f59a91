from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from wayline.accounts.testing import make_member
from wayline.audit.models import Activity
from wayline.journeys import operations, queries
from wayline.journeys.models import BulkChange, Journey, Standing
from wayline.journeys.operations.refusals import (
    AlreadyUndone,
    JourneyInItself,
    NothingChanged,
    PlaceElsewhere,
)
from wayline.journeys.queries import gaps, standings
from wayline.journeys.reading import Reading
from wayline.journeys.testing import MONDAY, make_journey, travel
from wayline.journeys.tests.pages import text
from wayline.metrics import rollup
from wayline.metrics.questions import Period

pytestmark = pytest.mark.django_db


def put(journey, parent, phase=None):
    operations.attach_journey(journey, parent=parent, phase=phase, by=None, now=timezone.now())
    journey.refresh_from_db()


@pytest.fixture
def three(noor):
    """A lifecycle, a journey and a sub-journey, not yet put into each other."""
    return [make_journey(workspace=noor.workspace, title=title) for title in ("I live", "I buy", "I pay")]


def test_a_journey_moves_with_everything_inside_it(three):
    top, middle, low = three
    put(low, middle)

    put(middle, top)

    low.refresh_from_db()
    assert (low.lineage, low.level) == (f"/{top.pk}/{middle.pk}/", 2)
    operations.detach_journey(middle, by=None, now=timezone.now())
    low.refresh_from_db()
    assert (low.lineage, low.level) == (f"/{middle.pk}/", 1)


def test_no_journey_stands_in_itself_at_any_depth(three):
    top, middle, low = three
    put(middle, top)
    put(low, middle)

    for journey, parent in ((top, top), (top, middle), (top, low)):
        with pytest.raises(JourneyInItself):
            put(journey, parent)


def test_the_database_holds_it_too(three):
    with pytest.raises(IntegrityError), transaction.atomic():
        Journey.objects.filter(pk=three[0].pk).update(parent=three[0].pk)


def test_a_phase_must_be_of_the_journey_one_is_put_into(three):
    top, middle, low = three

    with pytest.raises(PlaceElsewhere):
        put(low, top, middle.phases.get())


def test_a_lifecycle_speaks_for_the_measured_journeys_inside_together(noor, warehouse):
    top, middle = (
        make_journey(workspace=noor.workspace, title=title, steps=()) for title in ("I live", "I buy")
    )
    low = make_journey(workspace=noor.workspace, window_days=1)
    put(middle, top)
    put(low, middle)
    travel(noor.workspace, ("Order Placed > Order Shipped > Order Delivered", 30), ("Order Placed", 10))
    travel(noor.workspace, ("Order Placed", 1), at=MONDAY + timedelta(days=5))

    standings.work_out([top.pk, middle.pk, low.pk])

    together = standings.together(Standing.objects.get(journey=top))
    assert (together.journeys, together.counted) == (2, 1)
    assert (together.conversion.value, together.conversion.n) == (0.75, 40)
    assert standings.together(Standing.objects.get(journey=low)) is None


def test_detailing_a_step_changes_nothing_above_and_employees_do_not_count(noor, warehouse):
    top = make_journey(workspace=noor.workspace, title="I live", steps=())
    middle = make_journey(workspace=noor.workspace, window_days=1)
    detail = make_journey(workspace=noor.workspace, steps=("Order Placed", "Order Shipped"), window_days=1)
    desk = make_journey(workspace=noor.workspace, steps=("Order Placed",), perspective="employee")
    for inner, outer in ((middle, top), (detail, middle), (desk, top)):
        put(inner, outer)
    travel(noor.workspace, ("Order Placed > Order Shipped > Order Delivered", 30), ("Order Placed", 10))
    travel(noor.workspace, ("Order Placed", 1), at=MONDAY + timedelta(days=5))

    standings.work_out([top.pk])

    together = standings.together(Standing.objects.get(journey=top))
    assert (together.journeys, together.counted) == (3, 1)
    assert (together.conversion.value, together.conversion.n) == (0.75, 40)


def test_a_rolled_up_share_weighs_every_attempt_the_same(noor, warehouse):
    asked, bought = (
        make_journey(workspace=noor.workspace, steps=steps, window_days=1)
        for steps in (("Asked", "Answered"), ("Bought", "Got It"))
    )
    travel(noor.workspace, ("Asked > Answered > Bought > Got It", 60), ("Asked > Bought", 20), ("Bought", 20))
    travel(noor.workspace, ("Asked > Answered", 1), ("Bought", 1), at=MONDAY + timedelta(days=5))
    period = Period(MONDAY - timedelta(days=1), MONDAY + timedelta(days=5))
    reading = Reading(period, "90", timedelta(days=1), "any")

    together = rollup.conversion([queries.asked(each, reading) for each in (asked, bought)])

    assert (together.value, together.n) == (120 / 180, 180)
    assert 95 < together.effective_n < 105  # attempts of a hundred customers, most of whom count twice


def test_a_change_below_makes_what_is_rolled_up_old(noor, warehouse, three):
    top, middle, low = three
    put(middle, top)
    put(low, middle)
    standings.work_out([top.pk, middle.pk, low.pk])

    operations.add_phase(low, name="Pay", by=noor.user, now=timezone.now())

    old = Standing.objects.filter(is_outdated=True).values_list("journey", flat=True)
    assert set(old) == {top.pk, middle.pk}


def change(member, act, value="", journeys=None):
    keys = journeys or Journey.objects.values_list("pk", flat=True)
    return operations.change_journeys(
        member.workspace, journeys=keys, act=act, value=value, by=member.user, now=timezone.now()
    )


@pytest.mark.parametrize(
    ("act", "value", "read"),
    [
        ("owner", "noor@x.test", lambda journey: journey.owner and journey.owner.email),
        ("status", "live", lambda journey: journey.status),
        ("tag", "retail", lambda journey: [tag.name for tag in journey.tags.all()]),
        ("archive", "", lambda journey: bool(journey.archived_at)),
    ],
)
def test_many_journeys_are_changed_at_once_and_put_back(noor, three, act, value, read):
    noor.user.email = "noor@x.test"
    noor.user.save()
    before = [read(journey) for journey in Journey.objects.all()]

    made = change(noor, act, value)

    assert all(read(journey) not in (before[0],) for journey in Journey.objects.all())
    operations.undo_change(made, by=noor.user, now=timezone.now())
    assert [read(journey) for journey in Journey.objects.all()] == before
    with pytest.raises(AlreadyUndone):
        operations.undo_change(made, by=noor.user, now=timezone.now())


def test_undo_leaves_alone_what_somebody_changed_since(noor, three):
    made = change(noor, "status", "live")
    change(noor, "status", "retired", [three[0].pk])

    put_back = operations.undo_change(made, by=noor.user, now=timezone.now())

    assert put_back == 2
    assert [journey.status for journey in Journey.objects.order_by("pk")] == ["retired", "draft", "draft"]


def test_a_change_of_owners_names_the_person_and_is_undone_whatever_the_length_of_the_address(noor, three):
    noor.user.name, noor.user.email = "Noor Haddad", f"{'n' * 60}@x.test"
    noor.user.save()

    made = change(noor, "owner", noor.user.email)

    assert str(made) == "Owner is now Noor Haddad: 3 journeys"
    assert operations.undo_change(made, by=noor.user, now=timezone.now()) == 3
    assert not Journey.objects.exclude(owner=None).exists()


def test_a_change_that_changes_nothing_is_refused(noor, three):
    with pytest.raises(NothingChanged):
        change(noor, "status", "draft")


def test_gaps_name_what_is_missing_and_what_is_mapped_twice(noor, three):
    top, middle, low = three
    Journey.objects.filter(pk=middle.pk).update(owner=noor.user)
    lifecycle = make_journey(workspace=noor.workspace, title="All of it", steps=())
    operations.add_phase(lifecycle, name="Leave", by=noor.user, now=timezone.now())
    put(low, lifecycle, lifecycle.phases.first())

    found = gaps.gaps(noor)

    assert found.ownerless_n == 3
    assert [phase.name for phase in found.unmapped] == ["Leave"]
    assert {(pair.first.title, pair.second.title) for pair in found.overlaps} == {
        ("I live", "I buy"),
        ("I live", "I pay"),
        ("I buy", "I pay"),
    }
    assert {pair.first.title for pair in found.silos} == {"I buy"}
    assert {journey.title for journey in found.alone} == {"I live", "I buy"}


def library(client, member, query=""):
    return client.get(reverse("journeys:library", args=[member.workspace.slug]) + query)


def test_the_library_filters_by_status_tag_owner_and_level(client, noor, warehouse, three):
    top, middle, low = three
    put(middle, top)
    change(noor, "tag", "retail", [low.pk])
    change(noor, "status", "live", [top.pk])
    change(noor, "archive", "", [low.pk])

    def titles(query):
        return [row.journey.title for row in library(client, noor, query).context["shelf"].rows]

    assert titles("") == ["I buy", "I live"]
    assert titles("?status=live") == ["I live"]
    assert titles("?level=1") == ["I buy"]
    assert titles("?owner=nobody&q=buy") == ["I buy"]
    assert titles("?archived=1&tag=retail") == ["I pay"]
    assert titles("?tag=nothing") == []


@pytest.mark.parametrize("view", ["table", "tree", "cards"])
def test_every_view_shows_the_journeys(client, noor, warehouse, three, view):
    put(three[2], three[1])

    answer = library(client, noor, f"?view={view}")

    assert all(journey.title in text(answer) for journey in three)


def test_the_page_changes_many_and_offers_undo(client, noor, warehouse, three):
    answer = client.post(
        reverse("journeys:change", args=[noor.workspace.slug]),
        {"act": "status", "status": "live", "everything": "1", "back": "q=I+b"},
        follow=True,
    )

    assert [row.journey.status for row in answer.context["shelf"].rows] == ["live"]
    assert Journey.objects.filter(status="live").count() == 1
    undo = reverse("journeys:undo_change", args=[noor.workspace.slug, BulkChange.objects.get().pk])
    assert undo in text(answer)
    made = three[1]
    Journey.objects.filter(pk=made.pk).update(status="retired")
    said = text(client.post(undo, {"back": "q=I+b&change=1"}, follow=True))
    assert "1 had been changed again since" in said
    Journey.objects.filter(pk=made.pk).update(status="draft")
    assert not Journey.objects.filter(status="live").exists()


def test_a_change_of_nothing_is_refused_on_the_page(client, noor, warehouse, three):
    answer = client.post(reverse("journeys:change", args=[noor.workspace.slug]), {"act": "archive"})

    assert answer.status_code == 409
    assert "Choose at least one journey" in text(answer)


def test_ticks_stay_when_a_change_is_refused_and_enter_means_the_tag(client, noor, warehouse, three):
    said = {"act": "tag", "tag": "", "journey": [str(three[0].pk)]}

    answer = client.post(reverse("journeys:change", args=[noor.workspace.slug]), said)

    page = answer.content.decode()
    assert page.count(" checked>") == 1
    first = page.index('type="submit"', page.index('name="back"') - 400)
    assert 'name="act" value="tag"' in page[first - 60 : first]


def test_a_view_is_saved_shared_and_forgotten(client, noor, warehouse, three):
    client.post(
        reverse("journeys:save_view", args=[noor.workspace.slug]),
        {"name": "Live ones", "query": "status=live&page=3", "is_shared": "1"},
    )
    omar = make_member(workspace=noor.workspace)
    client.force_login(omar.user)

    view = library(client, omar).context["saved"].get()

    assert view.query == "status=live"
    address = reverse("journeys:delete_view", args=[noor.workspace.slug, view.pk])
    assert client.post(address).status_code == (404 if omar.role != "viewer" else 403)
    client.force_login(noor.user)
    client.post(address)
    assert not library(client, noor).context["saved"].exists()


def test_a_journey_is_put_into_another_on_its_page(client, noor, warehouse, three):
    top, middle, _ = three
    address = reverse("journeys:attach", args=[noor.workspace.slug, middle.pk])

    client.post(address, {"parent": top.pk, "phase": top.phases.get().pk})

    middle.refresh_from_db()
    assert (middle.parent_id, middle.parent_phase_id) == (top.pk, top.phases.get().pk)
    assert Activity.objects.filter(name="journey.attached").count() == 1
    refused = client.post(
        reverse("journeys:attach", args=[noor.workspace.slug, top.pk]), {"parent": middle.pk}
    )
    assert refused.status_code == 409
    assert "Take it out first" in text(refused)


def test_the_library_asks_the_same_number_of_queries_however_many_journeys(
    client, noor, warehouse, three, django_assert_max_num_queries
):
    library(client, noor)
    for number in range(20):
        make_journey(workspace=noor.workspace, title=f"I do {number}", steps=())
    standings.work_out(Journey.objects.values_list("pk", flat=True))

    with django_assert_max_num_queries(22):
        library(client, noor)
