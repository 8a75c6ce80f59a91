import csv
import io

import pytest
from django.urls import reverse
from django.utils import timezone

from wayline.accounts.testing import bearer, make_key, make_member
from wayline.audit import operations, queries
from wayline.audit.models import Activity
from wayline.audit.testing import make_activity

pytestmark = pytest.mark.django_db


@pytest.fixture
def maya(client):
    member = make_member(role="manager", name="Maya")
    client.force_login(member.user)
    return member


def page(client, member, view="activities", **query):
    return client.get(reverse(f"audit:{view}", args=[member.workspace.slug]), query)


def test_an_activity_keeps_who_what_and_when():
    noor, now = make_member(name="Noor"), timezone.now()

    operations.record("member.removed", subject=noor, by=noor.user, at=now, role="viewer")

    activity = Activity.objects.get()
    assert (activity.at, activity.by_name, activity.workspace_id) == (now, "Noor", noor.workspace_id)
    assert (activity.subject_kind, activity.subject_id) == ("accounts.membership", str(noor.pk))
    assert activity.details == {"role": "viewer"}


def test_an_activity_nobody_listed_is_not_recorded():
    with pytest.raises(LookupError, match=r"activities\.py"):
        operations.record("member.teased", subject=make_member(), by=None, at=timezone.now())


def test_an_activity_outlives_its_person_and_subject():
    noor = make_member(name="Noor")
    operations.record("member.removed", subject=noor, by=noor.user, at=timezone.now())

    noor.user.delete()

    assert Activity.objects.get().by_name == "Noor"


def test_the_page_shows_this_workspaces_activities_only(client, maya):
    make_activity(workspace=maya.workspace, subject_label="Write key Website")
    make_activity(workspace=make_member().workspace, subject_label="Somebody else's key")

    shown = page(client, maya).content.decode()

    assert "Revoked a key" in shown
    assert "Write key Website" in shown
    assert "Somebody else" not in shown


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"name": "key.created"}, {"Robot"}),
        ({"subject": "web"}, {"Website"}),
        ({"subject": "nothing like it"}, set()),
        ({}, {"Robot", "Website"}),
    ],
)
def test_the_list_is_narrowed(client, maya, query, expected):
    make_activity(workspace=maya.workspace, name="key.created", subject_label="Robot")
    make_activity(workspace=maya.workspace, name="key.revoked", subject_label="Website")

    shown = page(client, maya, **query).context["rows"]

    assert {activity.subject_label for activity, _ in shown} == expected


def test_the_list_is_narrowed_to_a_person(client, maya):
    noor = make_member(name="Noor", workspace=maya.workspace)
    make_activity(workspace=maya.workspace, by=noor.user)
    make_activity(workspace=maya.workspace, by=maya.user)

    shown = page(client, maya, by=noor.user_id).context["rows"]

    assert [activity.by_name for activity, _ in shown] == ["Noor"]


def test_long_lists_have_pages(client, maya, django_assert_max_num_queries):
    for number in range(60):
        make_activity(workspace=maya.workspace, subject_label=f"Key {number}")

    with django_assert_max_num_queries(9):
        first = page(client, maya)
    second = page(client, maya, page=2)

    assert (len(first.context["rows"]), len(second.context["rows"])) == (50, 10)
    assert "Page 1 of 2, 60 in all" in first.content.decode()


def test_the_export_holds_all_and_runs_nothing(client, maya):
    for label in ("=1+1", "@x", "Website"):
        make_activity(workspace=maya.workspace, subject_label=label)

    answer = page(client, maya, "export")

    lines = list(csv.reader(io.StringIO(answer.getvalue().decode())))
    assert lines[0][:2] == ["at", "by"]
    assert {line[5] for line in lines[1:]} == {"'=1+1", "'@x", "Website"}


def test_an_export_is_for_managers(client):
    noor = make_member(role="contributor")
    client.force_login(noor.user)

    assert page(client, noor, "export").status_code == 403
    assert page(client, noor).status_code == 200


def test_a_stranger_signs_in_first(client):
    assert page(client, make_member()).status_code == 302


def test_the_api_answers_with_a_cursor(client):
    key = make_key()
    made = [make_activity(workspace=key.workspace, subject_label=str(n)) for n in range(3)]

    first = client.get("/api/v1/audit/activities", {"limit": 2}, **bearer(key)).json()
    rest = client.get("/api/v1/audit/activities", {"before": first["cursor"]}, **bearer(key)).json()

    assert [item["id"] for item in first["items"] + rest["items"]] == [one.pk for one in reversed(made)]
    assert rest["cursor"] is None


def test_everybody_who_did_something_can_be_chosen():
    maya = make_member(name="Maya")
    make_activity(workspace=maya.workspace, by=maya.user)
    make_activity(workspace=maya.workspace)

    assert queries.people(maya) == [(maya.user_id, "Maya")]
