from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from wayline.accounts.testing import bearer, make_key, make_member
from wayline.audit.models import Activity
from wayline.journeys import operations, queries
from wayline.journeys.models import MomentChange, MomentChoice, Step
from wayline.journeys.operations.refusals import AlreadyDecided, CostOutOfRange, ReasonMissing
from wayline.journeys.queries import moments
from wayline.journeys.testing import MONDAY, make_change, make_journey, travel
from wayline.journeys.tests.pages import page, post, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def stumbling(noor, warehouse):
    """Who ships twice hardly ever receives anything; the others do."""
    journey = make_journey(workspace=noor.workspace)
    again = "Order Placed > Order Shipped > Order Shipped"
    travel(noor.workspace, (again, 35), (f"{again} > Order Delivered", 5))
    travel(noor.workspace, ("Order Placed > Order Shipped > Order Delivered", 55))
    travel(noor.workspace, ("Order Placed > Order Shipped", 5))
    travel(noor.workspace, ("Order Placed", 1), at=MONDAY + timedelta(days=60))
    return journey


def by(member):
    return {"by": member.user, "now": timezone.now()}


def shipped() -> Step:
    return Step.objects.get(key="order-shipped")


def candidates(journey):
    reading = queries.usual_reading(journey, now=timezone.now())
    return moments.ranking(journey, reading, moments.outcome_of("")).candidates


def test_the_step_that_goes_together_with_the_end_is_proposed(client, stumbling):
    said = text(client.get(page("moments", stumbling)))

    assert "Customers whose attempt came back to the step before going on" in said
    assert "not proof of cause" in said
    assert "I order something" in said
    assert "Holm p below 0.001" in said


def test_accepting_flags_the_step_with_the_reason_the_date_and_the_numbers(client, noor, stumbling):
    client.post(
        reverse("journeys:decide_moment", args=[noor.workspace.slug, shipped().pk]) + "?period=all",
        {"act": "accept", "reason": "Parcels go back and forth"},
    )

    choice = MomentChoice.objects.get()
    assert (shipped().is_moment, choice.kind, choice.by) == (True, "accepted", noor.user)
    assert (choice.evidence["badly"]["n"], choice.evidence["well"]["n"]) == (40, 60)
    assert "Parcels go back and forth" in text(client.get(page("moments", stumbling)))
    assert Activity.objects.filter(name="moment.accepted").exists()


def test_taking_an_acceptance_back_takes_the_flag_back(noor, stumbling):
    choice = operations.accept_moment(shipped(), reason="It hurts", **by(noor))

    operations.reconsider_moment(choice, **by(noor))

    assert not shipped().is_moment
    with pytest.raises(AlreadyDecided):
        operations.reconsider_moment(choice, **by(noor))


def test_the_flag_is_undone_on_the_map_too(noor, stumbling):
    operations.accept_moment(shipped(), reason="It hurts", **by(noor))

    operations.undo(stumbling, **by(noor))

    assert not shipped().is_moment


def test_what_was_dismissed_is_not_proposed_until_somebody_reconsiders(client, noor, stumbling):
    post(client, "decide_moment", shipped(), act="dismiss", reason="A fault of the test")
    dismissed = [each.is_open for each in candidates(stumbling)]

    post(client, "reconsider_moment", MomentChoice.objects.get())

    assert [dismissed, [each.is_open for each in candidates(stumbling)]] == [[False], [True]]


def test_a_decision_needs_a_reason(client, noor, stumbling):
    with pytest.raises(ReasonMissing):
        operations.dismiss_moment(shipped(), reason=" ", **by(noor))

    answer = post(client, "decide_moment", shipped(), act="accept", reason="")
    assert answer.status_code == 409
    assert "Say why" in text(answer)


def test_any_outcome_of_the_list_can_be_asked_for(client, stumbling):
    for outcome in ("score:nps", "signal:Order Delivered", "nonsense"):
        assert client.get(page("moments", stumbling, f"?outcome={outcome}")).status_code == 200


def test_a_journey_that_nobody_began_says_so(client, noor, warehouse):
    journey = make_journey(workspace=noor.workspace)

    assert "Nobody began this journey" in text(client.get(page("moments", journey)))


def test_what_must_change_is_listed_changed_and_taken_off_with_undo(client, noor):
    step = make_journey(workspace=noor.workspace).phases.get().steps.first()
    given = {"kind": "process", "what": "Answer within a day", "cost": "1200", "due_on": "2026-01-31"}
    client.post(reverse("journeys:add_change", args=[noor.workspace.slug, step.pk]), given)
    change = MomentChange.objects.get()

    post(client, "describe_change", change, **given, status="under_way", owner=noor.user.pk)
    change.refresh_from_db()
    gone = post(client, "delete_change", change)
    offered = text(client.get(gone.url))
    post(client, "restore_change", change)

    assert (change.status, change.owner, change.cost, change.due_on) == (
        "under_way", noor.user, 1200, date(2026, 1, 31),
    )  # fmt: skip
    assert "Took “Answer within a day” off the list" in offered
    assert MomentChange.objects.kept().count() == 1


@pytest.mark.parametrize(
    ("given", "said"), [({"what": ""}, "name"), ({"cost": "-5"}, "greater"), ({"due_on": "soon"}, "date")]
)
def test_a_change_that_is_not_understood_is_refused_beside_its_form(client, noor, warehouse, given, said):
    step = make_journey(workspace=noor.workspace).phases.get().steps.first()
    whole = {"kind": "people", "what": "Train them"} | given

    answer = client.post(reverse("journeys:add_change", args=[noor.workspace.slug, step.pk]), whole)

    assert answer.status_code == 422
    assert not MomentChange.objects.exists()


def test_a_cost_without_end_is_refused(noor):
    step = make_journey(workspace=noor.workspace).phases.get().steps.first()

    with pytest.raises(CostOutOfRange):
        operations.add_change(step, kind="people", what="Hire", cost=10**15, **by(noor))


def test_the_table_across_journeys_is_filtered_and_saved_as_csv(client, noor):
    for what, kind, due in (("Guide", "technology", "2020-01-01"), ("Train", "people", None)):
        make_change(workspace=noor.workspace, what=what, kind=kind, due_on=due, cost=50)
    make_change()  # of another workspace
    address = reverse("journeys:changes", args=[noor.workspace.slug])

    whole, people = text(client.get(address)), text(client.get(f"{address}?kind=people"))
    rows = b"".join(client.get(f"{address[:-1]}.csv").streaming_content).decode().splitlines()

    assert "2 changes" in whole
    assert "1 late" in whole
    assert "100 EUR together" in whole
    assert ["Guide" in people, "Train" in people] == [False, True]
    assert rows[0].startswith("journey,step,kind,what,owner,cost")
    assert [row.split(",")[3] for row in rows[1:]] == ["Guide", "Train"]


def test_an_empty_table_says_what_to_do(client, noor):
    address = reverse("journeys:changes", args=[noor.workspace.slug])

    assert "Nothing is listed yet" in text(client.get(address))
    assert "Clear the filters" in text(client.get(f"{address}?kind=people"))


def test_a_viewer_reads_but_does_not_decide(client, noor, stumbling):
    client.force_login(make_member(workspace=noor.workspace, role="viewer").user)

    assert "Accept</button>" not in text(client.get(page("moments", stumbling)))
    assert post(client, "decide_moment", shipped(), act="accept", reason="x").status_code == 403


def test_programs_rank_decide_and_list(client, noor, stumbling):
    headers = bearer(make_key(workspace=noor.workspace, role="contributor"))

    def ask(address, **body):
        sent = {"data": body, "content_type": "application/json"} if body else {}
        method = client.post if body else client.get
        return method(f"/api/v1/journeys/{address}", **sent, **headers)

    ranked = ask(f"{stumbling.pk}/moments").json()
    accepted = ask(f"steps/{shipped().pk}/accept-moment", reason="It hurts").json()
    added = ask(f"steps/{shipped().pk}/changes", kind="people", what="Train", owner=noor.user.email)
    refused = ask(f"steps/{shipped().pk}/changes", kind="people", what="Train", owner="who@x.test")
    described = ask(f"moment-changes/{added.json()['id']}/describe", status="done", cost=None).json()

    best = ranked["candidates"][0]["best"]
    assert (ranked["candidates"][0]["title"], best["sign"]) == ("Order Shipped", "looped")
    assert best["at_stake"] > best["at_stake_low"] > 0
    assert (accepted["kind"], accepted["reason"]) == ("accepted", "It hurts")
    kept = accepted["evidence"]
    assert (kept["sign"], kept["badly"]["n"]) == (best["words"], best["badly"]["n"])
    assert (added.status_code, refused.status_code, described["status"]) == (201, 409, "done")
    assert [each["what"] for each in ask("moment-changes").json()] == ["Train"]
